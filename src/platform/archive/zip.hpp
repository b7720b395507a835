// A zip file that is made while it is sent: it holds one piece at a time, however large it gets.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "platform/archive/names.hpp"
#include "platform/base/offload.hpp"
#include "platform/base/time.hpp"

namespace zoetrope::archive {

// Thrown once nobody takes the bytes any more. What is being made then is for nothing.
struct Gone : std::exception {
    const char* what() const noexcept override { return "nobody takes the file any more"; }
};

class Zip {
  public:
    // Where the bytes go; false once nobody takes them.
    using Sink = std::move_only_function<Async<bool>(std::string_view)>;

    // `threads` compress. Throws Unavailable, as all of it does, when libarchive refuses.
    Zip(Sink sink, Offload& threads);
    ~Zip();
    Zip(const Zip&) = delete;

    enum class Packing : std::uint8_t {
        deflated,  // text
        stored,    // media, which is compressed already
    };
    // Begins a file, and ends the one before. `name` is UTF-8, with folders: `assets/cup.jpg`; it
    // is made portable and unique (see Names). All three throw Gone.
    Async<void> begin(std::string name, Instant modified, Packing packing);
    Async<void> write(std::string_view bytes);  // `bytes` must live until it returns
    // The table of contents: without it the file is seen to be cut short.
    Async<void> end();

  private:
    struct Archive;
    template <class Work>
    Async<void> step(Work work);

    Sink sink_;
    Names names_;
    Offload& threads_;
    std::unique_ptr<Archive> archive_;
};

}  // namespace zoetrope::archive
