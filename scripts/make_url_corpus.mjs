// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Writes tests/vectors/url/whatwg.jsonl: addresses, alone and against a base, and what node's URL (WHATWG URL) makes of them. A
// second reader of URLs, by other people, that the project's own is held against; the same seed gives the same file.
//
//     node scripts/make_url_corpus.mjs [COUNT [SEED]] > tests/vectors/url/whatwg.jsonl
//
// A line is [base or null, text, host or null, port]: no host where node refuses the text or reads another scheme than https.
const count = Number(process.argv[2] ?? 6000);
let state = Number(process.argv[3] ?? 20260101) >>> 0;

function random() { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const pick = list => list[Math.floor(random() * list.length)];

const schemes = ['https://', 'https://', 'https://', 'HTTPS://', 'https:/', 'https:', 'http://', '//', '', '/', 'https:///', 'ftp://', 'https:\\\\'];
const hosts = ['cdn.example', 'CDN.Example', 'a.b.c.example', 'a_b.example', 'host', 'host.', 'h..x', '.h', '127.0.0.1', '127.1', '0x7f.1',
    '0177.0.0.1', '2130706433', '1.2.3.4.', '1.2.3.4.5', '256.1.1.1', '[::1]', '[2001:DB8::1]', '[::ffff:1.2.3.4]', '[::1', '[fe80::1%25eth0]',
    'xn--bcher-kva.example', 'b\u00fccher.example', 'ex%61mple.example', 'ex ample.example', 'a-.example', '-a.example', 'a,b.example',
    'a.example\u3002b', '\uff41.example', 'a\u00ad.example', '', '1e3', '08', '0x', '0x1g', 'localhost', 'x'.repeat(63) + '.example',
    'x'.repeat(64) + '.example', 'good.example@evil.example', 'user:pw@h.example', 'h.example\\@evil.example', 'h.example#@evil.example'];
const ports = ['', '', '', ':443', ':8443', ':', ':0', ':65535', ':65536', ':080', ':000443', ':8x', ':-1', ':443:443', ':\uff14'];
const paths = ['', '/', '/a/b', '/a/../b', '/./a', '/..', '//a', '/a b', '/\u00e9', '/%zz', '/a%2Fb', '/%2e%2e/x', '\\a', '/a\\..\\b', '/|{}^`',
    '?q', '?q=https://evil.example/', '/x?a b', '/x#f', '#f', '?', '/@evil.example', ':80/x', '/x\ty', '/x\ny', ' /x'];
const bases = [null, null, 'https://base.example/a/b/c?q=1', 'https://base.example:8443/x/', 'https://[::1]:9/'];
const odd = ['\u0000', ' ', '\t', '\n', '\\', '@', ':', '/', '?', '#', '[', ']', '%', '.', '%2e', '%00', '\u3002', '\u00a0', '\ufeff', '0', 'x', '-'];

for (let made = 0; made < count; ++made) {
    let text = pick(schemes) + pick(hosts) + pick(ports) + pick(paths);
    const changes = pick([0, 0, 0, 1, 1, 2]);
    for (let i = 0; i < changes; ++i) {
        const at = Math.floor(random() * (text.length + 1));
        text = random() < 0.6 ? text.slice(0, at) + pick(odd) + text.slice(at) : text.slice(0, at) + text.slice(at + 1);
    }
    const base = pick(bases);
    let host = null, port = 0;
    try {
        const parsed = base === null ? new URL(text) : new URL(text, base);
        if (parsed.protocol === 'https:' && parsed.hostname !== '') {
            host = parsed.hostname;
            port = parsed.port === '' ? 443 : Number(parsed.port);
        }
    } catch {
        // refused
    }
    console.log(JSON.stringify([base, text, host, port]));
}
