"""The program of the stand-in for training/webapp: says hello on port 5000."""
import http.server
import os


class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("Hello %s!" % os.environ.get("PROVIDER", "world")).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


print(" * Running on http://0.0.0.0:5000/ (Press CTRL+C to quit)", flush=True)
http.server.HTTPServer(("0.0.0.0", 5000), Hello).serve_forever()
