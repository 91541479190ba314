package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// patience is how long a machine may run, in software without any help of the processor.
const patience = 10 * time.Minute

// programs are what is built for the machines: test binaries, and the extension.
var programs = []struct{ name, of string }{
	{"bpf.test", "./collectors/bpf"},
	{"audit.test", "./collectors/audit"},
	{"apiwatch.ext", ""},
}

// build makes the root of the file system that every machine starts from, with the programs that the scenarios call.
func build(ctx context.Context, dir string, wanted []scenario) error {
	root := filepath.Join(dir, "root")
	for _, d := range []string{"bin", "proc", "sys", "dev", "tmp", "run", "etc", "root", "var/lib", "var/log/audit", "usr/bin", "usr/sbin"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			return fmt.Errorf("making a root: %w", err)
		}
	}
	for _, p := range programs {
		if !slices.ContainsFunc(wanted, func(s scenario) bool { return strings.Contains(s.script, p.name) }) {
			continue
		}
		args := []string{"build", "-o", filepath.Join(root, "bin", p.name), "./extension"}
		if p.of != "" {
			args = []string{"test", "-c", "-o", filepath.Join(root, "bin", p.name), p.of}
		}
		cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // our own list
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w: %s", p.name, err, out)
		}
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return fmt.Errorf("finding busybox: %w", err)
	}
	for file, text := range map[string]string{
		"etc/passwd": "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n", "etc/group": "root:x:0:\nnogroup:x:65534:\n",
		"etc/shadow": "root:*:19000:0:99999:7:::\n",
	} {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil { //nolint:gosec // it is no secret
			return fmt.Errorf("making a root: %w", err)
		}
	}
	b, err := os.ReadFile(busybox)
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "bin", "busybox"), b, 0o755) //nolint:gosec // it is a program
	}
	if err != nil {
		return fmt.Errorf("making a root: %w", err)
	}
	return nil
}

// Lines by which a machine says how its scenario ended.
const (
	begun = "APIWATCH-BEGUN"
	ended = "APIWATCH-ENDED"
)

const initScript = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin:/sbin HOME=/root GODEBUG=
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mkdir -p /sys/fs/cgroup && mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t securityfs sec /sys/kernel/security 2>/dev/null
mount -t tracefs trace /sys/kernel/tracing 2>/dev/null
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
echo 0 > /proc/sys/kernel/printk
ip link set lo up
cd /tmp
echo ` + begun + `
%s
echo ` + ended + ` $?
sync
poweroff -f
`

// boot runs a scenario on a kernel and gives what the machine printed.
func boot(ctx context.Context, dir, image string, s *scenario) (string, error) {
	root := filepath.Join(dir, "root")
	script := fmt.Appendf(nil, initScript, s.script)
	if err := os.WriteFile(filepath.Join(root, "init"), script, 0o755); err != nil { //nolint:gosec // it is a program
		return "", fmt.Errorf("writing init: %w", err)
	}
	initramfs := filepath.Join(dir, "initramfs.gz")
	const archive = `find . | busybox cpio -o -H newc 2>/dev/null | gzip -1 > "$0"`
	pack := exec.CommandContext(ctx, "sh", "-c", archive, initramfs) //nolint:gosec // our own command
	pack.Dir = root
	if out, err := pack.CombinedOutput(); err != nil {
		return "", fmt.Errorf("packing the file system: %w: %s", err, out)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	line := "console=ttyS0 quiet panic=-1 " + s.cmdline
	args := []string{
		"-machine", "q35", "-cpu", "max", "-smp", "2", "-m", "1536", "-nographic", "-no-reboot", "-nic", "none",
		"-kernel", image, "-initrd", initramfs, "-append", line,
	}
	machine := exec.CommandContext(ctx, "qemu-system-x86_64", args...) //nolint:gosec // our own command
	var out bytes.Buffer
	machine.Stdout, machine.Stderr = &out, &out
	err := machine.Run()
	said := strings.ReplaceAll(out.String(), "\r", "")
	if ctx.Err() != nil {
		return said, fmt.Errorf("the machine did not end within %v; it said: %s", patience, last(said))
	}
	if err != nil {
		return said, fmt.Errorf("running qemu: %w: %s", err, last(said))
	}
	return said, nil
}

// last gives the end of what a machine said.
func last(said string) string { return said[max(0, len(said)-2000):] }
