#!/bin/bash
# Python at work: a virtual environment, tests, subprocesses, callbacks by ctypes, copied trees, archives, a local server.
# user: dev
set -e
mkdir -p ~/py && cd ~/py
python3 -m venv --without-pip env || python3 -m venv env; . env/bin/activate
python3 --version; python3 -m pip --version || true
cat > jobs.py <<'P'
import ctypes, json, os, shutil, subprocess, sys, tarfile, tempfile, threading, time, unittest, urllib.request, http.server, multiprocessing, zipfile
class Jobs(unittest.TestCase):
    def test_subprocess(self):
        for i in range(600):
            self.assertEqual(subprocess.run(["/usr/bin/expr", str(i), "+", "1"], capture_output=True).stdout.strip(), b"%d" % (i + 1))
    def test_shell(self):
        for i in range(300):
            self.assertEqual(subprocess.check_output("echo %d | cat" % i, shell=True).strip(), b"%d" % i)
    def test_callbacks(self):
        libc = ctypes.CDLL(None)
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
        for n in range(300):
            numbers = (ctypes.c_int * 50)(*[(i * 37) % 50 for i in range(50)])
            libc.qsort(numbers, 50, 4, kind(lambda a, b: a[0] - b[0]))
            self.assertEqual(list(numbers), sorted(numbers))
    def test_trees(self):
        with tempfile.TemporaryDirectory() as d:
            shutil.copytree("/usr/lib/python3/dist-packages" if os.path.isdir("/usr/lib/python3/dist-packages") else "/usr/lib/python3.11/json", d + "/copy", symlinks=True)
            shutil.copytree("/usr/lib/python3.11/asyncio", d + "/asyncio")
            with tarfile.open(d + "/t.tgz", "w:gz") as t: t.add(d + "/asyncio", "a")
            with tarfile.open(d + "/t.tgz") as t: t.extractall(d + "/out")
            with zipfile.ZipFile(d + "/z.zip", "w") as z: z.write(__file__)
    def test_times(self):
        t0 = time.time()
        for _ in range(5): time.sleep(0.05); time.strftime("%c"); time.localtime()
        self.assertGreater(time.time(), t0)
    def test_server(self):
        s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
        threading.Thread(target=s.serve_forever, daemon=True).start()
        for _ in range(40): urllib.request.urlopen("http://127.0.0.1:%d/" % s.server_port).read()
        s.shutdown()
    def test_pool(self):
        with multiprocessing.Pool(4) as p: self.assertEqual(sum(p.map(abs, range(-50, 50))), 2500)
    def test_fork(self):
        for i in range(50):
            pid = os.fork()
            if pid == 0: os.execv("/usr/bin/true", ["true"])
            os.waitpid(pid, 0)
if __name__ == "__main__": unittest.main(verbosity=1)
P
python3 jobs.py
python3 -m compileall -q . ; python3 -m json.tool <<< '{"a":1}'; python3 -m timeit -n 10 'sum(range(1000))'; python3 -m this | wc -l
for i in $(seq 1 25); do python3 -c "import sys, json, re, ssl, sqlite3; print(len(sys.modules))"; done | tail -1
deactivate
