#include "engine/warm.hpp"

#include <opencv2/core.hpp>
#include <opencv2/core/ocl.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/log.h>
}

namespace zoetrope::engine {

void warm_up() {
    cv::setNumThreads(0);
    cv::ocl::setUseOpenCL(false);
    av_log_set_level(AV_LOG_QUIET);  // libraries speak through errors, not on stderr
    avcodec_find_encoder_by_name("libx264");
    // One small picture there and back makes the codecs' tables.
    std::vector<unsigned char> bytes;
    cv::imencode(".jpg", cv::Mat::zeros(16, 16, CV_8UC3), bytes);
    cv::Mat back = cv::imdecode(bytes, cv::IMREAD_COLOR);
    cv::resize(back, back, {8, 8}, 0, 0, cv::INTER_AREA);
}

}  // namespace zoetrope::engine
