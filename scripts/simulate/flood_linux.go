package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// floods are what anybody may do as often as he likes: none of them is an attack, and each makes a collector work. Each does some of
// it and returns.
var floods = map[string]func(ctx context.Context) error{
	"exec":     floodExec,
	"fork":     floodFork,
	"ptrace":   floodPtrace,
	"poke":     floodPoke,
	"mprotect": floodMprotect,
	"connect":  floodConnect,
	"open":     floodOpen,
}

// floodExec executes with long arguments.
func floodExec(ctx context.Context) error {
	return exec.CommandContext(ctx, "/bin/true", strings.Repeat("x", 16<<10)).Run()
}

func floodFork(ctx context.Context) error {
	return exec.CommandContext(ctx, "/bin/sh", "-c", "i=0; while [ $i -lt 500 ]; do (:); i=$((i+1)); done").Run()
}

// floodPtrace attaches to itself, which is refused.
func floodPtrace(context.Context) error {
	for range 1000 {
		if err := syscall.PtraceAttach(os.Getpid()); err == nil {
			return errors.New("attaching to itself was not refused")
		}
	}
	return nil
}

// floodPoke writes into a child of its own by ptrace.
func floodPoke(ctx context.Context) error {
	runtime.LockOSThread() // it is the tracer
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "/bin/sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	var stopped syscall.WaitStatus
	if _, err := syscall.Wait4(cmd.Process.Pid, &stopped, 0, nil); err != nil || !stopped.Stopped() {
		return errors.Join(err, errors.New("the child does not stop for its tracer"))
	}
	at, err := stackOf(cmd.Process.Pid)
	if err != nil {
		return err
	}
	word := make([]byte, unsafe.Sizeof(at))
	for range 1000 {
		if _, err := syscall.PtracePokeData(cmd.Process.Pid, at, word); err != nil {
			return err
		}
	}
	return nil
}

// stackOf gives where the stack of a process begins.
func stackOf(pid int) (at uintptr, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, "[stack]") {
			_, err = fmt.Sscanf(line, "%x-", &at)
			return at, err
		}
	}
	return 0, fmt.Errorf("process %d has no stack", pid)
}

// floodMprotect makes memory executable and writable again.
func floodMprotect(context.Context) error {
	b, err := syscall.Mmap(-1, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return err
	}
	defer func() { _ = syscall.Munmap(b) }()
	for range 500 {
		if err := errors.Join(syscall.Mprotect(b, syscall.PROT_READ|syscall.PROT_EXEC),
			syscall.Mprotect(b, syscall.PROT_READ|syscall.PROT_WRITE)); err != nil {
			return err
		}
	}
	return nil
}

// floodConnect connects to where nobody listens.
func floodConnect(ctx context.Context) error {
	d := net.Dialer{Timeout: time.Second}
	for range 100 {
		if c, err := d.DialContext(ctx, "tcp", "127.0.0.1:9"); err == nil {
			_ = c.Close()
		}
	}
	return nil
}

// floodOpen opens its own memory.
func floodOpen(context.Context) error {
	for range 500 {
		f, err := os.OpenFile("/proc/self/mem", os.O_RDWR, 0)
		if err != nil {
			return err
		}
		_ = f.Close()
	}
	return nil
}
