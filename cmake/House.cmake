# What every target of the house shares: language, warnings, hardening, sanitizers, precompiled headers, ccache.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(ZOETROPE_CCACHE ccache)
if(ZOETROPE_CCACHE)
    # clang's precompiled headers carry a time stamp; without these two ccache would never hit
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        ${ZOETROPE_CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

add_library(zt_flags INTERFACE)
target_include_directories(zt_flags INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(zt_flags INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
    BOOST_ASIO_DISABLE_BOOST_COROUTINE ZOETROPE_VERSION="${PROJECT_VERSION}")
target_compile_options(zt_flags INTERFACE
    -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wunused -Wno-missing-field-initializers
    -Wno-unused-command-line-argument -Wno-unused-const-variable $<$<COMPILE_LANGUAGE:CXX>:-Xclang -fno-pch-timestamp>
    -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
target_link_options(zt_flags INTERFACE -fuse-ld=lld-19)
if(ZOETROPE_WERROR)
    target_compile_options(zt_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
    target_compile_definitions(zt_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
    # What a function forgot to set is zero, not what lay on the stack before. Not in the other builds, whose tools look for it. Nor the
    # buffers of libraries, which are as large as what they may have to hold: Beast's of 4 KiB was cleared for each request.
    target_compile_options(zt_flags INTERFACE -ftrivial-auto-var-init=zero -ftrivial-auto-var-init-max-size=1024)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
        # Indirect jumps land only where the compiler meant them to, on processors that look (CET).
        target_compile_options(zt_flags INTERFACE -fcf-protection=full)
    endif()
    target_link_options(zt_flags INTERFACE -Wl,-z,relro,-z,now -Wl,--gc-sections)
    target_compile_options(zt_flags INTERFACE -ffunction-sections -fdata-sections)
    # Links the parts as one program: about 5 % more requests on one core. The cache keeps a rebuild quick.
    target_compile_options(zt_flags INTERFACE -flto=thin)
    target_link_options(zt_flags INTERFACE -flto=thin -Wl,--thinlto-cache-dir=${CMAKE_BINARY_DIR}/lto)
else()
    # Compiling without optimisation takes half the time: enough for tests, not for what they start again and again.
    target_compile_options(zt_flags INTERFACE -g1 -fno-omit-frame-pointer)
    set(optimised -O1)
endif()
if(ZOETROPE_SANITIZE)
    target_compile_options(zt_flags INTERFACE -fsanitize=${ZOETROPE_SANITIZE} -fno-sanitize-recover=all
        -fno-sanitize=vptr)  # it looks at memory through a pipe, which the engine's sandbox refuses
    target_link_options(zt_flags INTERFACE -fsanitize=${ZOETROPE_SANITIZE})
endif()
if(ZOETROPE_COVERAGE)
    target_compile_options(zt_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
    target_link_options(zt_flags INTERFACE -fprofile-instr-generate)
endif()

# Precompiled headers serve only what is compiled with the same options.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/precompiled.cpp CONTENT "")
foreach(kind part test)
    add_library(zt_precompiled_${kind} OBJECT ${CMAKE_BINARY_DIR}/generated/precompiled.cpp)
    target_link_libraries(zt_precompiled_${kind} PRIVATE zt_flags)
    target_precompile_headers(zt_precompiled_${kind} PRIVATE ${CMAKE_SOURCE_DIR}/src/platform/base/precompiled.hpp)
endforeach()
target_compile_options(zt_precompiled_part PRIVATE ${optimised})

# house_library(zt_http FILES a.cpp b.cpp USES zt_base [LINKS ZLIB::ZLIB])
#   USES: our own parts (the floors check reads the includes, this states them); LINKS: libraries kept inside the part.
function(house_library name)
    cmake_parse_arguments(part "" "" "FILES;USES;LINKS" ${ARGN})
    add_library(${name} STATIC ${part_FILES})
    target_link_libraries(${name} PUBLIC zt_flags ${part_USES} PRIVATE ${part_LINKS})
    target_compile_options(${name} PRIVATE ${optimised})
    target_precompile_headers(${name} REUSE_FROM zt_precompiled_part)
endfunction()

# house_embed(zt_base migrations ${CMAKE_SOURCE_DIR}/migrations DEPENDS files...): see embed.cmake
function(house_embed target name folder)
    cmake_parse_arguments(embed "" "" "DEPENDS" ${ARGN})
    set(out ${CMAKE_BINARY_DIR}/generated/embedded/${name})
    add_custom_command(
        OUTPUT ${out}.S ${out}.cpp
        COMMAND ${CMAKE_COMMAND} -DFOLDER=${folder} -DNAME=${name} -DOUT=${out} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
        DEPENDS ${embed_DEPENDS} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake)
    target_sources(${target} PRIVATE ${out}.S ${out}.cpp)
endfunction()
