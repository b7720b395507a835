// `zoetrope run`: the server's own parts without the server. Photos are taken in, generations are
// queued and worked off, and the outputs are copied out, each under a hidden name until it is
// whole.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstring>
#include <fstream>
#include <set>

#include "app/app.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/progress_bars.hpp"

namespace zoetrope::app {

namespace {

namespace fs = std::filesystem;
using generation::Generation;
using generation::State;

constexpr std::size_t copy_bytes = 1024 * 1024;
constexpr std::string_view stdin_path = "-";

struct Wanted {
    std::string model;
    json::Raw inputs;  // without the image
};

struct Photo {
    std::string path;
    std::string stem;  // of what is made from it; unique in this run
    std::vector<GenerationId> ids;
    std::set<GenerationId> copied;  // finished, and their files are out
    std::vector<std::string> notes;
    std::vector<std::string> files;  // that were made
    std::vector<std::string> problems;
    bool over() const { return copied.size() == ids.size(); }
};

// One photo in the output of `--json`.
struct PhotoReport {
    std::string photo;
    std::vector<std::string> files, notes, problems;
};
BOOST_DESCRIBE_STRUCT(PhotoReport, (), (photo, files, notes, problems))

template <class T>
T wait(App& app, Async<T> work) {
    return asio::co_spawn(app.io().get_executor(), std::move(work), asio::use_future).get();
}

Result<std::vector<Wanted>> wanted_of(const RunOptions& options) {
    std::vector<Wanted> out;
    std::string_view rest = options.to;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        if (word == "video") {
            std::string inputs = R"({"motion":)" + json::to_string(options.motion) +
                                 R"(,"duration_s":)" + json::to_string(options.duration_s) +
                                 R"(,"resolution":)" + json::to_string(options.resolution);
            out.push_back({"local/parallax", {std::move(inputs)}});
        } else if (word == "3d") {
            std::string inputs = R"({"size_mm":)" + json::to_string(options.size_mm) +
                                 R"(,"back":)" + json::to_string(options.back);
            out.push_back({"local/image-to-3d", {std::move(inputs)}});
        } else {
            return invalid("--to", "knows video and 3d, not '" + std::string(word) + "'");
        }
    }
    if (out.empty()) return invalid("--to", "must name video, 3d, or both");
    return out;
}

// The folder exists and takes files, which is better known before an hour's work than after it.
Result<void> check_out(const fs::path& folder, mode_t users_mask) {
    std::error_code error;
    const mode_t own_mask = ::umask(users_mask);
    fs::create_directories(folder, error);
    ::umask(own_mask);
    const fs::path probe = folder / (".zoetrope-" + std::to_string(getpid()));
    const blobs::Descriptor file(
        error ? -1 : ::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)
    );
    if (file.get() < 0) {
        const std::string why = error ? error.message() : std::strerror(errno);
        return failure(
            Code::unavailable,
            "The folder " + folder.string() + " cannot be written (" + why +
                "). Choose another with --out."
        );
    }
    ::unlink(probe.c_str());
    return {};
}

Async<Result<library::Asset>> take_in_file(App& app, std::string path) {
    if (path.empty()) co_return failure(Code::invalid, "the path is empty; name a photo");
    std::ifstream file(path == stdin_path ? "/dev/stdin" : path, std::ios::binary);
    std::error_code unknown;
    if (!file || fs::is_directory(path, unknown)) {
        co_return failure(
            Code::unavailable,
            fs::exists(path, unknown) || unknown ? "it cannot be read" : "there is no such file"
        );
    }
    CO_TRY(library::Arrival arrival, co_await library::begin(app.library(), local_user));
    std::string piece(copy_bytes, '\0');
    while (file.read(piece.data(), std::streamsize(piece.size())), file.gcount() > 0) {
        CO_CHECK(co_await library::append(
            app.library(), arrival, std::string_view(piece.data(), std::size_t(file.gcount()))
        ));
    }
    if (path == stdin_path) path = "stdin";
    co_return co_await library::take_in(app.library(), local_user, path, std::move(arrival));
}

Async<Result<std::vector<GenerationId>>> begin(
    App& app, std::string path, std::vector<Wanted> wanted
) {
    CO_TRY(const library::Asset asset, co_await take_in_file(app, std::move(path)));
    std::vector<GenerationId> ids;
    for (Wanted& each : wanted) {
        each.inputs.text += R"(,"image":)" + json::to_string(asset.id) + "}";
        CO_TRY(
            const Generation made,
            co_await generation::create(
                app.generation(), {local_user}, {each.model, each.inputs}, ""
            )
        );
        ids.push_back(made.id);
    }
    co_return ids;
}

Async<Result<void>> copy_out(
    App& app, const generation::Output& output, fs::path target, mode_t users_mask
) {
    CO_TRY(const blobs::Descriptor blob, co_await app.library().blobs.open(output.digest));
    const fs::path part = target.parent_path() / ("." + target.filename().string() + ".part");
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    for (std::uint64_t at = 0; file;) {
        CO_TRY(
            const std::string piece, co_await app.library().blobs.read(blob.get(), at, copy_bytes)
        );
        if (piece.empty()) break;
        file.write(piece.data(), std::streamsize(piece.size()));
        at += piece.size();
    }
    file.close();
    std::error_code error;
    std::error_code without_rights;  // some file systems have none
    if (file) fs::permissions(part, fs::perms(0666 & ~users_mask), without_rights);
    if (file) fs::rename(part, target, error);
    if (!file || error) {
        fs::remove(part, error);
        co_return failure(
            Code::storage_full,
            "The file " + target.string() + " cannot be written; the disk may be full."
        );
    }
    co_return Result<void>{};
}

// The name of what came out: the photo's, with what was done to it.
fs::path target_of(const fs::path& out, const Photo& photo, const generation::Output& output) {
    const fs::path made(output.name);
    const std::string stem = made.stem().string();
    return out / (photo.stem + stem.substr(std::min(stem.size(), stem.rfind('-'))) +
                  made.extension().string());
}

class Run {
  public:
    Run(App& app, const RunOptions& options, std::vector<Wanted> wanted)
        : app_(app),
          out_(options.out),
          users_mask_(options.users_mask),
          wanted_(std::move(wanted)),
          as_json_(options.json) {
        std::set<std::string> stems;
        for (const std::string& path : options.photos) {
            std::string stem = path == stdin_path ? "stdin" : fs::path(path).stem().string();
            const std::string first = stem;
            for (int n = 2; !stems.insert(stem).second; ++n) stem = first + "-" + std::to_string(n);
            photos_.push_back({.path = path, .stem = stem});
        }
    }

    void begin_all() {
        for (Photo& photo : photos_) {
            auto ids = wait(app_, begin(app_, photo.path, wanted_));
            if (ids) {
                photo.ids = std::move(*ids);
            } else {
                photo.problems.push_back(sentence(ids.error()));
            }
        }
    }

    // One look at everything: bars, and the files of what has finished. True when nothing is left
    // to wait for.
    bool step(ProgressBars& bars) {
        bool over = true;
        double total = 0;
        for (std::size_t i = 0; i < photos_.size(); ++i) {
            const double progress = look_at(photos_[i], bars, i);
            total += progress;
            over &= photos_[i].over();
        }
        bars.draw(total / double(photos_.size()));
        return over;
    }

    int report() const {
        int code = 0;
        if (as_json_) std::printf("%s\n", json::to_string(reports()).c_str());
        for (const Photo& photo : photos_) {
            if (!as_json_) print(photo);
            for (const std::string& problem : photo.problems) {
                std::fprintf(stderr, "zoetrope: %s: %s\n", photo.path.c_str(), problem.c_str());
                code = 1;
            }
        }
        return code;
    }

    const std::vector<Photo>& photos() const { return photos_; }

  private:
    std::vector<PhotoReport> reports() const {
        std::vector<PhotoReport> out;
        out.reserve(photos_.size());
        for (const Photo& photo : photos_)
            out.push_back({photo.path, photo.files, photo.notes, photo.problems});
        return out;
    }

    static void print(const Photo& photo) {
        for (const std::string& note : photo.notes)
            std::printf("%s: %s\n", photo.path.c_str(), note.c_str());
        for (const std::string& file : photo.files) std::printf("  %s\n", file.c_str());
    }

    static std::string sentence(const Error& error) {
        if (error.fields.empty()) return error.message;
        return error.fields.front().field + " " + error.fields.front().message;
    }

    double look_at(Photo& photo, ProgressBars& bars, std::size_t row) {
        double progress = 0;
        std::string stage = "waiting";
        for (const GenerationId& id : photo.ids) {
            if (photo.copied.contains(id)) {
                progress += 1 / double(photo.ids.size());
                continue;
            }
            auto each = wait(app_, generation::find(app_.generation(), local_user, id));
            if (!each) continue;
            const bool over = each->finished_at.has_value();
            progress += (over ? 1 : each->progress) / double(photo.ids.size());
            if (!over && !each->stage.empty()) stage = each->stage;
            if (over && photo.copied.insert(id).second) finish(photo, *each);
        }
        if (photo.over()) {
            progress = 1;
            stage = photo.problems.empty() ? "done" : "failed";
        }
        bars.set(row, progress, stage);
        return progress;
    }

    void finish(Photo& photo, const Generation& made) {
        if (made.state != State::succeeded)
            photo.problems.push_back(made.error.value_or("it was cancelled"));
        if (made.note) photo.notes.push_back(*made.note);
        for (const generation::Output& output : made.outputs) {
            const fs::path target = target_of(out_, photo, output);
            if (auto copied = wait(app_, copy_out(app_, output, target, users_mask_)); !copied) {
                photo.problems.push_back(copied.error().message);
                return;
            }
            photo.files.push_back(target.string());
        }
    }

    App& app_;
    fs::path out_;
    mode_t users_mask_;
    std::vector<Wanted> wanted_;
    std::vector<Photo> photos_;
    bool as_json_;
};

int run_in(
    App& app, const RunOptions& options, std::vector<Wanted> wanted, const sigset_t& ending
) {
    app.start();
    Run run(app, options, std::move(wanted));
    run.begin_all();
    ProgressBars bars(options.photos);
    constexpr timespec pause{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!run.step(bars)) {
        if (sigtimedwait(&ending, nullptr, &pause) > 0) {
            run.step(bars);
            bars.end();
            app.stop();
            run.report();
            std::fprintf(
                stderr,
                "zoetrope: stopped. What had been finished is in %s; nothing half-made was left.\n",
                options.out.c_str()
            );
            return 1;
        }
    }
    bars.end();
    app.stop();
    return run.report();
}

}  // namespace

int run(Config config, const RunOptions& options) {
    auto wanted = wanted_of(options);
    if (!wanted) return say(wanted.error());
    if (const auto writable = check_out(options.out, options.users_mask); !writable)
        return say(writable.error());
    char folder[] = "/tmp/zoetrope-XXXXXX";
    if (!options.keep_data) {
        if (!mkdtemp(folder))
            return say(
                {.code = Code::unavailable,
                 .message = "No temporary folder can be made; choose one with --data."}
            );
        config.data = folder;
    }
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    config.workers_embedded = true;  // there is nobody else
    config.postgres.url.clear();     // its rows belong to its files, and both to its folder
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    struct Cleared {  // however it ends
        std::string folder;
        ~Cleared() {
            std::error_code ignored;
            if (!folder.empty()) fs::remove_all(folder, ignored);
        }
    } const cleared{options.keep_data ? "" : folder};
    auto app = App::open(config);
    if (!app) return say(app.error());
    const int code = run_in(**app, options, std::move(*wanted), ending);
    app->reset();  // before its folder goes
    return code;
}

}  // namespace zoetrope::app
