#include "core/server/streaming/node_log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/server/status.h"

namespace cove::server {
namespace {

constexpr std::size_t kPiece = 32 * 1024;
constexpr std::size_t kGlance = 512;  // of a file, to see whether it is text

// In a link, and in the attribute that holds it.
std::string link_of(std::string_view name) {
  constexpr std::string_view kPlain = "-._~/$&+,:=@";
  // What has a colon would read as a scheme.
  std::string link = name.find(':') == std::string_view::npos ? "" : "./";
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    if (c == '&') {
      link += "&amp;";
    } else if (plain) {
      link += c;
    } else {
      link += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return link;
}

std::string text_of(std::string_view name) {
  std::string text;
  for (const char c : name) {
    switch (c) {
      case '&': text += "&amp;"; break;
      case '<': text += "&lt;"; break;
      case '>': text += "&gt;"; break;
      case '"': text += "&#34;"; break;
      case '\'': text += "&#39;"; break;
      default: text += c;
    }
  }
  return text;
}

std::string listing(const std::vector<std::string>& names) {
  std::string page =
      "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n";
  for (const std::string& name : names)
    page += fmt::format("<a href=\"{}\">{}</a>\n", link_of(name), text_of(name));
  return page + "</pre>\n";
}

Answer redirect(const Request& request, std::string path) {
  Answer answer;
  answer.status = 301;
  answer.content_type = "";
  if (!request.raw_query.empty()) path += "?" + request.raw_query;
  answer.headers.emplace_back("Location", std::move(path));
  return answer;
}

bool is_text(int file) {
  char bytes[kGlance];
  const ssize_t n = ::pread(file, bytes, sizeof bytes, 0);
  return std::none_of(bytes, bytes + std::max<ssize_t>(n, 0), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\f' && byte != '\r' &&
           byte != 0x1b;
  });
}

}  // namespace

Answer node_log_answer(const Request& request, const Result<NodeLogPage>& page) {
  if (!page) {
    return page.error().code == ErrorCode::kNotFound ? text_answer(404, "404 page not found\n")
                                                     : text_answer(403, "403 Forbidden\n");
  }
  // Links of a folder's page are relative to it.
  const std::string& path = request.raw_path;
  if (page->folder && !path.ends_with('/')) return redirect(request, path + "/");
  if (!page->folder && path.ends_with('/'))
    return redirect(request, path.substr(0, path.find_last_not_of('/') + 1));
  Answer answer = text_answer(200, page->folder ? listing(page->names) : "");
  // Whatever a container says is never taken for a page.
  if (page->folder) {
    answer.content_type = "text/html; charset=utf-8";
  } else if (!is_text(page->file.get())) {
    answer.content_type = "application/octet-stream";
  }
  return answer;
}

void send_node_log(const NodeLogPage& page, http::Stream& stream, std::stop_token stop) {
  std::uint64_t left = page.bytes;
  while (left > 0) {
    std::string piece(std::min<std::uint64_t>(left, kPiece), '\0');
    const ssize_t n = ::read(page.file.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    piece.resize(static_cast<std::size_t>(n));
    left -= piece.size();
    if (!stream.push_wait(std::move(piece), stop)) return;
  }
  stream.close();
}

}  // namespace cove::server
