#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Signs a link for nginx-cdn: sign_link.py https://cdn.example/models/llama.gguf 3600 < secret-file (0600). Or by sign_link() from a server that hands links out."""
import base64
import hashlib
import sys
import time
import urllib.parse


def sign_link(address, seconds, secret, now=None):
    path = urllib.parse.unquote(urllib.parse.urlsplit(address).path)
    until = int(now or time.time()) + seconds
    digest = hashlib.md5(f"{until}{path} {secret}".encode()).digest()
    return f"{address}?md5={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}&expires={until}"


if __name__ == "__main__":
    print(sign_link(sys.argv[1], int(sys.argv[2]), sys.stdin.read().strip()))
