#include "platform/archive/zip.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <clocale>

#include "platform/base/unavailable.hpp"

namespace zoetrope::archive {

namespace {

struct FreeArchive {
    void operator()(struct archive* it) const { archive_write_free(it); }
};
struct FreeEntry {
    void operator()(struct archive_entry* it) const { archive_entry_free(it); }
};
struct FreeLocale {
    void operator()(locale_t it) const { ::freelocale(it); }
};

// libarchive marks names as UTF-8 only where the thread's locale is.
class Utf8Thread {
  public:
    Utf8Thread() : before_(::uselocale(utf8())) {}
    ~Utf8Thread() { ::uselocale(before_); }
    Utf8Thread(const Utf8Thread&) = delete;

  private:
    static locale_t utf8() {
        static const std::unique_ptr<std::remove_pointer_t<locale_t>, FreeLocale> made(
            ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)
        );
        return made.get();
    }
    locale_t before_;
};

}  // namespace

struct Zip::Archive {
    std::string made;  // and not sent yet; before the writer, which ends what was not ended
    std::unique_ptr<struct archive, FreeArchive> writer{archive_write_new()};
    std::unique_ptr<struct archive_entry, FreeEntry> entry{archive_entry_new()};

    void check(int code) const {
        if (code >= ARCHIVE_WARN) return;
        const char* why = archive_error_string(writer.get());
        throw Unavailable(std::string("a zip could not be made: ") + (why ? why : "no reason"));
    }
};

Zip::Zip(Sink sink, Offload& threads)
    : sink_(std::move(sink)),
      threads_(threads),
      archive_(std::make_unique<Archive>()) {
    struct archive* writer = archive_->writer.get();
    archive_->check(archive_write_set_format_zip(writer));
    archive_->check(archive_write_set_bytes_per_block(writer, 0));  // no padding, no waiting
    const auto take = [](struct archive*, void* into, const void* bytes, std::size_t count) {
        static_cast<Archive*>(into)->made.append(static_cast<const char*>(bytes), count);
        return la_ssize_t(count);
    };
    archive_->check(archive_write_open(writer, archive_.get(), nullptr, take, nullptr));
}

Zip::~Zip() = default;

template <class Work>
Async<void> Zip::step(Work work) {
    co_await threads_.run([&] {
        const Utf8Thread utf8;
        work(*archive_);
    });
    std::string made;
    made.swap(archive_->made);
    if (!made.empty() && !co_await sink_(made)) throw Gone();
}

Async<void> Zip::begin(std::string name, Instant modified, Packing packing) {
    return step([name = names_.take(name), modified, packing](Archive& to) {
        struct archive* writer = to.writer.get();
        to.check(
            packing == Packing::stored ? archive_write_zip_set_compression_store(writer)
                                       : archive_write_zip_set_compression_deflate(writer)
        );
        struct archive_entry* entry = archive_entry_clear(to.entry.get());
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0600);
        archive_entry_set_mtime(entry, modified.us / 1'000'000, 0);
        to.check(archive_write_header(writer, entry));
    });
}

Async<void> Zip::write(std::string_view bytes) {
    return step([bytes](Archive& to) {
        if (archive_write_data(to.writer.get(), bytes.data(), bytes.size()) < 0)
            to.check(ARCHIVE_FATAL);
    });
}

Async<void> Zip::end() {
    return step([](Archive& to) { to.check(archive_write_close(to.writer.get())); });
}

}  // namespace zoetrope::archive
