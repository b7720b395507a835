#include "platform/engine_host/engine_host.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstring>
#include <thread>

#include "platform/base/stopwatch.hpp"
#include "platform/base/timer.hpp"
#include "platform/telemetry/log.hpp"

namespace zoetrope::engine_host {

namespace {

using engine_protocol::Operation;
using engine_protocol::Order;
using engine_protocol::Report;
using engine_protocol::ReportKind;
using Stream = asio::posix::basic_stream_descriptor<Executor>;

// The engine sends ten a second, and the first of each stage. More would keep an I/O thread busy.
constexpr std::int64_t reports_at_once = 100;
constexpr std::int64_t reports_per_s = 20;

std::int64_t whole_seconds(const Stopwatch& watch) {
    return std::chrono::floor<std::chrono::seconds>(watch.elapsed()).count();
}

// Sends one packet with descriptors. The socket's buffer holds dozens of orders, so this does not
// wait.
bool send_packet(int socket, const std::string& text, const std::vector<int>& descriptors) {
    iovec bytes{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int) * engine_protocol::descriptors_max)] = {
    };
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        message.msg_control = ancillary;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
        std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * descriptors.size());
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == ssize_t(text.size());
}

}  // namespace

// The warm process. It ends when its control socket closes, and its children with it.
class EngineHost::Zygote {
  public:
    Zygote(int control, pid_t pid) : control_(control), pid_(pid) {}
    ~Zygote() {
        ::close(control_);
        // It ends by itself at that, unless it hangs.
        pollfd ended{int(::syscall(SYS_pidfd_open, pid_, 0)), POLLIN, 0};
        if (ended.fd < 0 || ::poll(&ended, 1, int(patience.count())) != 1) end();
        ::close(ended.fd);
        ::waitpid(pid_, nullptr, 0);
    }
    Zygote(const Zygote&) = delete;
    Zygote& operator=(const Zygote&) = delete;

    static Result<std::shared_ptr<Zygote>> start(const std::filesystem::path& program) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
            return failure(
                Code::unavailable, "The engine could not be started: no sockets are left."
            );
        }
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        // Nothing to read and nowhere to write but stderr, which the zygote alone keeps.
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, ends[1], engine_protocol::control_fd);
        posix_spawn_file_actions_addclosefrom_np(&actions, engine_protocol::control_fd + 1);
        std::string name = program.string();
        char* arguments[] = {name.data(), nullptr};
        // The engine needs nothing of the server's environment, and a picture's decoder should not
        // find secrets in it.
        char path[] = "PATH=/usr/bin:/bin";
        char no_opencl[] = "OPENCV_OPENCL_RUNTIME=disabled";
        char* environment[] = {path, no_opencl, nullptr};
        pid_t pid = 0;
        // A group and an open signal mask of its own: Ctrl-C is the server's to hear, and the
        // engine ends with it.
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
        const int error =
            ::posix_spawn(&pid, name.c_str(), &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        if (error != 0) {
            ::close(ends[0]);
            return failure(
                Code::unavailable,
                "The engine " + name + " could not be started: " + std::strerror(error) + "."
            );
        }
        return std::make_shared<Zygote>(ends[0], pid);
    }

    bool send(const Order& order, const std::vector<int>& descriptors) {
        return send_packet(control_, json::to_string(order), descriptors);
    }
    void wear(double part) { worn_ += part; }
    bool worn_out() const { return worn_ >= 1; }
    void kill(std::int64_t task) {
        send_packet(
            control_, json::to_string(Order{.task = task, .operation = Operation::kill}), {}
        );
    }
    // Its children end with it.
    void end() { ::kill(pid_, SIGKILL); }

    static constexpr std::chrono::milliseconds patience{1000};  // for what it is told to be done

  private:
    int control_;
    pid_t pid_;
    double worn_ = 0;
};

EngineHost::EngineHost(EngineConfig config, asio::io_context& io)
    : config_(std::move(config)),
      io_(io),
      slots_(config_.children_max, io),
      probes_(std::max(2U, 2 * std::thread::hardware_concurrency()), io) {}

EngineHost::~EngineHost() = default;

Result<std::shared_ptr<EngineHost::Zygote>> EngineHost::zygote() {
    if (zygote_ && !zygote_->worn_out()) return zygote_;
    TRY(zygote_, Zygote::start(config_.program));
    return zygote_;
}

void EngineHost::warm_up() {
    if (const auto started = zygote(); !started) telemetry::warn("{}", started.error().message);
}

Async<Result<std::string>> EngineHost::run(Job job, std::stop_token stop) {
    co_return co_await asio::co_spawn(
        io_.get_executor(), run_here(std::move(job), std::move(stop)), use_async
    );
}

Async<Result<std::string>> EngineHost::run_here(Job job, std::stop_token stop) {
    Usage unwanted;
    Usage& usage = job.usage ? *job.usage : unwanted;
    const Stopwatch waiting;
    Turns& turns = job.operation == Operation::probe ? probes_ : slots_;
    if (!turns.free() && job.on_progress) job.on_progress(0, waiting_stage);
    const Turn turn = co_await turns.take(job.standing.rank, stop);
    usage.waited += waiting.elapsed();
    const Stopwatch working;
    if (!turn || stop.stop_requested()) co_return failure(Code::cancelled, "It was cancelled.");

    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        co_return failure(Code::unavailable, "The engine could not be asked: no sockets are left.");
    }
    Stream channel(io_.get_executor(), ends[0]);
    const Order order{
        .task = ++last_task_,
        .operation = job.operation,
        .inputs = int(job.inputs.size()),
        .outputs = int(job.outputs.size()),
        .params = {job.params},
        .cpu_s_max = job.cpu_s_max,
        .memory_mb_max = job.memory_mb_max
    };
    std::vector<int> descriptors{ends[1]};
    descriptors.insert(descriptors.end(), job.inputs.begin(), job.inputs.end());
    descriptors.insert(descriptors.end(), job.outputs.begin(), job.outputs.end());
    auto started = zygote();
    bool sent = started && (*started)->send(order, descriptors);
    if (started && !sent) {  // it died since; a fresh one may not
        zygote_.reset();
        started = zygote();
        sent = started && (*started)->send(order, descriptors);
    }
    ::close(ends[1]);
    if (!started) co_return std::unexpected(started.error());
    if (!sent) co_return failure(Code::unavailable, "The engine does not take work.");
    const std::shared_ptr<Zygote> alive = *started;  // kept until this task's child has ended
    alive->wear(job.standing.wear);

    const auto out_of_time = std::make_shared<bool>(false);  // the alarm may come after the answer
    const auto alarm = std::make_shared<Timer>(io_.get_executor(), job.wall_max);
    alarm->async_wait([out_of_time, alive, alarm, task = order.task](auto error) {
        if (error) return;
        *out_of_time = true;
        alive->kill(task);
        alarm->expires_after(Zygote::patience);
        alarm->async_wait([alive](auto hung_error) {
            if (hung_error) return;
            telemetry::warn("the engine does not answer and is started anew");
            alive->end();
        });
    });
    const std::stop_callback on_stop(stop, [this, alive, task = order.task] {
        asio::post(io_, [alive, task] { alive->kill(task); });
    });

    std::optional<Report> last;
    std::int64_t reports = 0;
    std::string packet(engine_protocol::packet_bytes_max, '\0');
    while (true) {
        co_await channel.async_wait(Stream::wait_read, with_error);
        const ssize_t got =
            ::recv(channel.native_handle(), packet.data(), packet.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) break;
        auto report = engine_protocol::read_report({packet.data(), std::size_t(got)});
        // A child that speaks nonsense, or without end, has been taken over or is broken.
        if (!report || ++reports > reports_at_once + reports_per_s * whole_seconds(working)) break;
        if (report->kind == ReportKind::progress) {
            if (job.on_progress) job.on_progress(report->progress, report->text);
        } else {
            last = std::move(*report);
        }
    }
    usage.worked += working.elapsed();
    alarm->cancel();
    alive->kill(order.task);  // whatever it still does after its last word
    if (last && last->kind == ReportKind::done) co_return std::move(last->result.text);
    if (stop.stop_requested()) co_return failure(Code::cancelled, "It was cancelled.");
    if (*out_of_time) co_return failure(Code::timeout, "The engine took longer than it may.");
    if (last && last->kind == ReportKind::refused)
        co_return failure(Code::invalid, std::move(last->text));
    if (last) co_return failure(Code::unavailable, "The engine failed: " + last->text);
    co_return failure(
        Code::unavailable,
        "The engine ended without an answer, for want of memory or because the picture is broken."
    );
}

}  // namespace zoetrope::engine_host
