"""The decision service: OpenID AuthZEN 1.0 over HTTP, an ASGI application around one `Authorizer`.

`app` routes, `body` reads, `evaluation`, `batch` and `search` ask, `answer` writes, `run` listens.
"""
