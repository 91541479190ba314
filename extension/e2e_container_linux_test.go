package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inContainer is what a container of runc's runs: ordinary commands, and ways out of it. The first argument of each command is by what it
// is known.
const inContainer = `sleep 2; id; ls / >/dev/null
unshare -m sh -c "mount -t tmpfs escape-mount /tmp; sleep 1; id"
nsenter --mount=/proc/%d/ns/mnt sh -c "exec sleep 1"
echo done; sleep 2
`

// TestE2EContainer runs a container with runc by hand, whose cgroup is called as the container is: each of its processes names it, what it
// does to get out is found, and that it is started is not.
func TestE2EContainer(t *testing.T) {
	s := onStage(t)
	runc, err := exec.LookPath("runc")
	busybox, err2 := exec.LookPath("busybox")
	if err != nil || err2 != nil {
		t.Skipf("%s NOT RUN: needs runc and busybox: %v %v", t.Name(), err, err2)
	}
	for _, feed := range linuxFeeds {
		t.Run(feed, func(t *testing.T) { s.contain(t, feed, runc, busybox) })
	}
}

func (s *stage) contain(t *testing.T, feed, runc, busybox string) {
	t.Helper()
	p, before := s.on(t, feed, "--state-dir", t.TempDir(), "--pack", starts(t))
	outside := exec.CommandContext(t.Context(), "/bin/sleep", "600")
	if err := outside.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = outside.Process.Kill(); _ = outside.Wait() })

	id := fmt.Sprintf("apiwatch-e2e-%d", os.Getpid())
	dir := bundle(t, runc, busybox, fmt.Sprintf(inContainer, outside.Process.Pid))
	run := exec.CommandContext(t.Context(), runc, "run", "--bundle", dir, id)
	out, err := run.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "done") {
		t.Skipf("%s NOT RUN: this machine runs no container: %v: %s", t.Name(), err, out)
	}
	escapes := func() (ways []string) {
		for _, l := range p.findings() {
			if l.Columns["detection"] == "AN0613" && l.Columns["container_id"] == id {
				ways = append(ways, l.Columns["calls"])
			}
		}
		return ways
	}
	if !eventually(t, findWithin, func() bool { return len(escapes()) >= 2 }) {
		t.Errorf("ways out that are found: %q, want that of unshare and mount and that of setns", escapes())
	}
	time.Sleep(nearMissPatience)
	p.keptSeat()
	p.stop(syscall.SIGTERM)
	sameAudit(t, before)
	ran := 0
	for _, l := range p.snapshots("contained") {
		if strings.HasSuffix(l["path"], "/runc") {
			continue
		}
		if ran++; l["container_id"] != id || l["container_runtime"] != "runc" {
			t.Errorf("%s (%s) is in container %q of %q", l["path"], l["cmdline"], l["container_id"], l["container_runtime"])
		}
	}
	if ran < 5 {
		t.Errorf("%d programs of the container are seen", ran)
	}
	for _, l := range p.findings() {
		if strings.HasSuffix(l.Columns["path"], "/runc") {
			t.Errorf("starting a container is found: %s", l.Columns["summary"])
		}
	}
	t.Logf("%d programs in container %s, ways out: %q", ran, id, escapes())
}

// starts writes a pack that tells which programs containers and runc started.
func starts(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "starts.json")
	const pack = `{"queries": {"contained": {"interval": 2, "snapshot": true, "query": "SELECT eid, path, cmdline, container_id, ` +
		`container_runtime ` +
		`FROM process_starts WHERE is_contained = 1 OR path LIKE '%%/busybox' AND parent_path LIKE '%%/runc'"}}}`
	if err := os.WriteFile(path, fmt.Appendf(nil, pack), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// snapshots gives the rows that a pack's query has given, each once.
func (p *program) snapshots(query string) []map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []map[string]string
	seen := make(map[string]bool)
	for _, l := range p.lines {
		if !strings.HasSuffix(l.Name, "_"+query) {
			continue
		}
		for _, row := range l.Snapshot {
			if !seen[row["eid"]] {
				seen[row["eid"]] = true
				out = append(out, row)
			}
		}
	}
	return out
}

// bundle makes an OCI bundle of busybox, with the host's processes before its eyes and rights enough to get out.
func bundle(t *testing.T, runc, busybox, script string) string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"bin", "proc", "dev", "sys", "tmp", "etc"} {
		must(os.MkdirAll(filepath.Join(dir, "rootfs", d), 0o755))
	}
	program, err := os.ReadFile(busybox)
	must(err)
	must(os.WriteFile(filepath.Join(dir, "rootfs/bin/busybox"), program, 0o755)) //nolint:gosec // it is a program
	for _, applet := range []string{"sh", "id", "ls", "sleep", "mount", "unshare", "nsenter"} {
		must(os.Symlink("busybox", filepath.Join(dir, "rootfs/bin", applet)))
	}
	if out, err := exec.CommandContext(t.Context(), runc, "spec", "--bundle", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var spec map[string]any
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	must(err)
	must(json.Unmarshal(text, &spec))
	rights := []string{"CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"}
	process := spec["process"].(map[string]any) //nolint:forcetypeassert // it is in every spec, as what follows
	process["terminal"], process["noNewPrivileges"], process["args"] = false, false, []string{"/bin/sh", "-c", script}
	process["capabilities"] = map[string]any{"bounding": rights, "effective": rights, "permitted": rights}
	linux := spec["linux"].(map[string]any) //nolint:forcetypeassert // as above
	linux["namespaces"] = []any{map[string]any{"type": "mount"}, map[string]any{"type": "uts"}, map[string]any{"type": "ipc"}}
	delete(linux, "maskedPaths")
	delete(linux, "readonlyPaths")
	spec["mounts"] = []any{
		map[string]any{"destination": "/proc", "type": "bind", "source": "/proc", "options": []string{"rbind"}},
		map[string]any{"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
	}
	text, err = json.Marshal(spec)
	must(err)
	must(os.WriteFile(filepath.Join(dir, "config.json"), text, 0o600))
	return dir
}
