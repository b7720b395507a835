// Whether this build carries a sanitizer: its shadow memory is terabytes of address space, and its
// search for leaks traces the process.
#pragma once

namespace zoetrope {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace zoetrope
