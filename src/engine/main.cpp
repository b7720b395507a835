// zoetrope-engine: the zygote. Libraries are loaded and warmed once; each order forks a child that
// enters the sandbox, does its one task and ends. The program ends when its control socket closes,
// and its children with it.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <map>

#include "engine/operations.hpp"
#include "engine/sandbox.hpp"
#include "engine/warm.hpp"

namespace zoetrope::engine {

namespace {

namespace ep = engine_protocol;

struct Received {
    Result<ep::Order> order;
    std::vector<int> descriptors;  // to be closed
};

// Empty when the server has gone.
std::optional<Received> receive() {
    std::string bytes(ep::packet_bytes_max, '\0');
    alignas(cmsghdr) char ancillary[CMSG_SPACE(sizeof(int) * ep::descriptors_max)];
    iovec into{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    message.msg_control = ancillary;
    message.msg_controllen = sizeof ancillary;
    const ssize_t got = recvmsg(ep::control_fd, &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) return std::nullopt;
    Received received{ep::read_order(std::string_view(bytes.data(), std::size_t(got))), {}};
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        received.descriptors.resize((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        std::memcpy(
            received.descriptors.data(),
            CMSG_DATA(header),
            received.descriptors.size() * sizeof(int)
        );
    }
    return received;
}

std::string perform(const Task& task) {
    switch (task.order.operation) {
        case ep::Operation::probe:
            return probe(task);
        case ep::Operation::matte:
            return matte(task);
        case ep::Operation::parallax:
            return parallax(task);
        case ep::Operation::mesh:
            return mesh(task);
        case ep::Operation::kill:
            break;
    }
    throw std::runtime_error("unknown operation");
}

[[noreturn]] void be_child(const ep::Order& order, const std::vector<int>& descriptors) {
    Channel channel(descriptors.at(0));
    dup2(STDOUT_FILENO, STDERR_FILENO);  // /dev/null: nothing of a picture's reaches the log
    try {
        const auto inputs = descriptors.begin() + 1;
        const auto outputs = inputs + order.inputs;
        const Task task{order, {inputs, outputs}, {outputs, outputs + order.outputs}, channel};
        enter_sandbox(
            {order.cpu_s_max, order.memory_mb_max, order.operation == ep::Operation::probe}
        );
        const std::string result = perform(task);
        channel.finish(ep::ReportKind::done, "", result);
    } catch (const Refused& refused) {
        channel.finish(ep::ReportKind::refused, refused.what());
    } catch (const std::bad_alloc&) {
        channel.finish(ep::ReportKind::failed, "there was not enough memory");
    } catch (const std::exception& error) {
        channel.finish(ep::ReportKind::failed, error.what());
    }
    _exit(0);  // nothing of the zygote's is the child's to tear down
}

class Zygote {
  public:
    Zygote() {
        // Whoever stops the server may signal its whole group; it ends us itself once it has
        // drained, by closing the socket.
        for (const int ending : {SIGTERM, SIGINT, SIGHUP}) signal(ending, SIG_IGN);
        sigset_t child;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, nullptr);
        ended_ = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    }

    void serve() {
        pollfd waiting[] = {{ep::control_fd, POLLIN, 0}, {ended_, POLLIN, 0}};
        while (true) {
            if (poll(waiting, 2, -1) < 0) continue;
            reap();
            if (!(waiting[0].revents & (POLLIN | POLLHUP))) continue;
            const auto received = receive();
            if (!received) return kill_all();
            // One that cannot be read is nobody else's loss: its channel closes, which says it.
            if (received->order) obey(*received->order, received->descriptors);
            for (const int descriptor : received->descriptors) close(descriptor);
        }
    }

  private:
    void obey(const ep::Order& order, const std::vector<int>& descriptors) {
        if (order.operation != ep::Operation::kill) return begin(order, descriptors);
        const auto found = children_.find(order.task);
        if (found != children_.end()) kill(found->second, SIGKILL);
    }

    void begin(const ep::Order& order, const std::vector<int>& descriptors) {
        if (descriptors.size() != std::size_t(1 + order.inputs + order.outputs)) return;
        const pid_t pid = fork();
        if (pid == 0) {
            close(ep::control_fd);
            close(ended_);
            be_child(order, descriptors);
        }
        if (pid > 0) children_[order.task] = pid;
    }

    void reap() {
        signalfd_siginfo ignored;
        while (read(ended_, &ignored, sizeof ignored) > 0) {
        }
        while (true) {
            const pid_t pid = waitpid(-1, nullptr, WNOHANG);
            if (pid <= 0) return;
            std::erase_if(children_, [pid](const auto& child) { return child.second == pid; });
        }
    }

    void kill_all() {
        for (const auto& [task, pid] : children_) kill(pid, SIGKILL);
    }

    int ended_;
    std::map<std::int64_t, pid_t> children_;  // by task
};

}  // namespace

}  // namespace zoetrope::engine

int main() {
    if (fcntl(zoetrope::engine_protocol::control_fd, F_GETFD) < 0) {
        std::fprintf(
            stderr, "zoetrope-engine is started by zoetrope; there is nothing to run by hand.\n"
        );
        return 2;
    }
    fcntl(zoetrope::engine_protocol::control_fd, F_SETFD, FD_CLOEXEC);
    zoetrope::engine::warm_up();
    zoetrope::engine::Zygote().serve();
    _exit(0);  // the server waits for this: no library is torn down
}
