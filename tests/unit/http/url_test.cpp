#include "core/http/url.h"

#include <gtest/gtest.h>

namespace cove::http {
namespace {

TEST(UrlTest, ReadsWhatRegistriesAndProxiesWrite) {
  struct Row {
    const char* text;
    const char* scheme;
    const char* host;
    int port;
    const char* target;
    const char* authority;
  };
  for (const Row& row : {
           Row{"https://registry-1.docker.io/v2/", "https", "registry-1.docker.io", 443, "/v2/",
               "registry-1.docker.io"},
           Row{"HTTP://LocalHost:5000", "http", "localhost", 5000, "/", "localhost:5000"},
           Row{"https://h:443/a?b=c#d", "https", "h", 443, "/a?b=c", "h"},
           Row{"http://[::1]:8080/x", "http", "::1", 8080, "/x", "[::1]:8080"},
           Row{"http://h?q=1", "http", "h", 80, "/?q=1", "h"},
           Row{"http://h:/x", "http", "h", 80, "/x", "h"},
       }) {
    const auto url = parse_url(row.text);
    ASSERT_TRUE(url) << row.text;
    EXPECT_EQ(url->scheme, row.scheme) << row.text;
    EXPECT_EQ(url->host, row.host) << row.text;
    EXPECT_EQ(url->port, row.port) << row.text;
    EXPECT_EQ(url->target, row.target) << row.text;
    EXPECT_EQ(url->authority(), row.authority) << row.text;
  }
  EXPECT_EQ(parse_url("http://me:p%40ss@proxy:3128")->user_info.reveal(), "me:p@ss");
}

TEST(UrlTest, RefusesWhatIsNoUrl) {
  for (const char* text :
       {"", "/v2/", "//host/x", "ftp://h/", "http://", "http:///x", "http://h:99999/",
        "http://h:0/", "http://h/a b", "http://h/\r\nX: y", "file:///etc/passwd", "http://h%00/",
        "http://h%2fx/", "http://[::1/", "javascript:alert(1)"})
    EXPECT_FALSE(parse_url(text)) << text;
  EXPECT_FALSE(parse_url("http://h/" + std::string(kMaxUrlBytes, 'a')));
}

TEST(UrlTest, ResolvesLocations) {
  const Url base = *parse_url("https://r.example:5000/v2/x/blobs/uploads/?a=1");
  struct Row {
    const char* location;
    const char* result;
  };
  for (const Row& row : {
           Row{"/v2/x/u/1?_state=y", "https://r.example:5000/v2/x/u/1?_state=y"},
           Row{"https://cdn.example/b?sig=%2F", "https://cdn.example/b?sig=%2F"},
           Row{"//cdn.example/b", "https://cdn.example/b"},
           Row{"other", "https://r.example:5000/v2/x/blobs/uploads/other"},
           Row{"../../m", "https://r.example:5000/v2/x/m"},
           Row{"?b=2", "https://r.example:5000/v2/x/blobs/uploads/?b=2"},
       }) {
    const auto url = resolve_location(base, row.location);
    ASSERT_TRUE(url) << row.location;
    EXPECT_EQ(url->text(), row.result);
  }
  for (const char* location : {"", "ftp://h/", "http://h:x/", "/a b", "https://"})
    EXPECT_FALSE(resolve_location(base, location)) << location;
}

TEST(UrlTest, EncodesParameters) {
  EXPECT_EQ(with_parameter("/v2/?a=1", "digest", "sha256:ab"), "/v2/?a=1&digest=sha256%3Aab");
  EXPECT_EQ(with_parameter("/x", "q", "a b/\xc3\xa9"), "/x?q=a%20b%2F%C3%A9");
}

TEST(UrlTest, ChoosesTheProxy) {
  struct Row {
    const char* no_proxy;
    const char* url;
    bool through;
  };
  for (const Row& row : {
           Row{"", "https://example.com/", true},
           Row{"*", "https://example.com/", false},
           Row{"example.com", "https://example.com/", false},
           Row{"example.com", "https://a.example.com/", false},
           Row{"example.com", "https://notexample.com/", true},
           Row{".example.com", "https://a.example.com/", false},
           Row{".example.com", "https://example.com/", true},
           Row{"*.example.com", "https://a.example.com/", false},
           Row{"a, EXAMPLE.com", "https://example.com/", false},
           Row{"example.com:8443", "https://example.com/", true},
           Row{"example.com:8443", "https://example.com:8443/", false},
           Row{"10.0.0.0/8", "https://10.1.2.3/", false},
           Row{"10.0.0.0/8", "https://11.1.2.3/", true},
           Row{"10.0.0.0/33", "https://10.1.2.3/", true},
           Row{"fd00::/8", "https://[fd12::1]/", false},
           Row{"10.1.2.3", "https://10.1.2.3/", false},
           Row{"", "https://localhost:5000/", false},
           Row{"", "https://127.9.9.9/", false},
           Row{"", "https://[::1]/", false},
       }) {
    const auto proxy = proxy_for({"", "proxy:3128", row.no_proxy}, *parse_url(row.url));
    ASSERT_TRUE(proxy) << row.url;
    EXPECT_EQ(proxy->has_value(), row.through) << row.no_proxy << " " << row.url;
  }
  const Url plain = *parse_url("http://example.com/");
  EXPECT_FALSE(*proxy_for({"", "proxy:3128", ""}, plain));
  EXPECT_EQ((*proxy_for({"http://u:p@proxy:3128", "", ""}, plain))->user_info.reveal(), "u:p");
  EXPECT_FALSE(proxy_for({"https://proxy", "", ""}, plain));
  EXPECT_FALSE(proxy_for({"http://bad host", "", ""}, plain));
}

TEST(UrlTest, ComparesAddressesWithRanges) {
  EXPECT_TRUE(address_in_range("192.168.3.4", "192.168.0.0/20"));
  EXPECT_FALSE(address_in_range("192.168.16.4", "192.168.0.0/20"));
  EXPECT_TRUE(address_in_range("1.2.3.4", "0.0.0.0/0"));
  EXPECT_FALSE(address_in_range("::1", "0.0.0.0/0"));
  EXPECT_FALSE(address_in_range("name", "0.0.0.0/0"));
  EXPECT_FALSE(address_in_range("1.2.3.4", "1.2.3.4/"));
  EXPECT_FALSE(address_in_range("1.2.3.4", "1.2.3.4/3x"));
}

}  // namespace
}  // namespace cove::http
