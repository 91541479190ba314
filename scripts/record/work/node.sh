#!/bin/bash
# Node compiles JavaScript as it runs, serves and fetches on the loopback, starts workers and children; npm makes and installs a package.
# user: dev
set -e
mkdir -p ~/js/lib ~/js/app && cd ~/js/lib
cat > package.json <<'J'
{"name":"tiny","version":"1.0.0","main":"index.js","license":"MIT"}
J
echo 'exports.twice = n => 2 * n' > index.js
npm pack --offline --silent
cd ../app
cat > jit.js <<'J'
const { Worker, isMainThread } = require('worker_threads')
const { execFileSync, spawn } = require('child_process')
const http = require('http')
const heat = (n, name) => {
  for (let k = 0; k < n; k++) {
    const f = new Function('a', `let s = ${k}; for (let i = 0; i < a; i++) s = (s * 31 + i ^ ${k}) | 0; return s // ${name}`)
    f(3000); f(3000)
  }
}
if (!isMainThread) { heat(400, 'worker'); return }
heat(2500, 'main')
for (let i = 0; i < 3; i++) new Worker(__filename)
const re = []
for (let i = 0; i < 1500; i++) re.push(new RegExp(`a{1,${i % 9 + 1}}b+(c|d${i})*e`).test('aaabbbcde'.repeat(200)))
const wasm = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11])
for (let i = 0; i < 150; i++) new WebAssembly.Instance(new WebAssembly.Module(wasm)).exports.add(i, i)
for (let i = 0; i < 150; i++) execFileSync('/usr/bin/expr', [String(i), '+', '1'])
spawn('/bin/sh', ['-c', 'sleep 0.2; date'])
const server = http.createServer((q, r) => r.end(q.url)).listen(0, '127.0.0.1', async () => {
  for (let i = 0; i < 60; i++) await new Promise(done => http.get({ port: server.address().port, host: '127.0.0.1', path: '/' + i, agent: false }, r => r.resume().on('end', done)))
  server.close()
})
J
npm init -y > /dev/null
npm install --offline --no-audit --no-fund ../lib/tiny-1.0.0.tgz
npm pkg set scripts.test='node -e "process.exit(require(\"tiny\").twice(2) === 4 ? 0 : 1)"' scripts.jit='node jit.js'
npm test; npm run jit; npm ls; npm run
for i in $(seq 1 30); do node jit.js > /dev/null; done
node --version; node -p 'process.versions.v8'
