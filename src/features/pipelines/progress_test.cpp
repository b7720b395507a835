#include <gtest/gtest.h>

#include "features/pipelines/pipelines.hpp"

namespace zoetrope::pipelines {
namespace {

struct Case {
    Counts counts;
    Status expected;
};

TEST(PipelineStatus, SaysHowItStandsWithTheFiles) {
    const Case cases[] = {
        {{.files = 3}, Status::queued},
        {{.files = 3, .failed = 1, .refused = 1}, Status::queued},
        {{.files = 3, .running = 1}, Status::running},
        {{.files = 3, .succeeded = 1}, Status::running},
        {{.files = 3, .failed = 1}, Status::running},
        {{.files = 3, .failed = 2, .refused = 1}, Status::running},
        {{.files = 3, .cancelled = 2}, Status::running},
        {{.files = 3, .succeeded = 3}, Status::succeeded},
        {{.files = 3, .succeeded = 1, .failed = 2}, Status::partial},
        {{.files = 3, .succeeded = 1, .cancelled = 2}, Status::partial},
        {{.files = 3, .failed = 3}, Status::failed},
        {{.files = 3, .failed = 3, .refused = 3}, Status::failed},
        {{.files = 3, .failed = 1, .cancelled = 2}, Status::failed},
        {{.files = 3, .cancelled = 3}, Status::cancelled},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(status_of(each.counts), each.expected)
            << each.counts.running << " running, " << each.counts.succeeded << " succeeded, "
            << each.counts.failed << " failed, " << each.counts.cancelled << " cancelled";
    }
}

}  // namespace
}  // namespace zoetrope::pipelines
