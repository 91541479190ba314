package bpf

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// TestLayout holds what is read of records to what the programs write.
func TestLayout(t *testing.T) {
	var c programCall
	var e programExec
	for _, x := range []struct {
		what     string
		is, read uintptr
	}{
		{"head", unsafe.Sizeof(c.Head), headSize},
		{"nr", unsafe.Offsetof(c.Head.Nr), 2},
		{"pid", unsafe.Offsetof(c.Head.Pid), 4},
		{"ppid", unsafe.Offsetof(c.Head.Ppid), 12},
		{"boot_ns", unsafe.Offsetof(c.Head.BootNs), 16},
		{"start_ns", unsafe.Offsetof(c.Head.StartNs), 24},
		{"uid", unsafe.Offsetof(c.Head.Uid), 32},
		{"fsgid", unsafe.Offsetof(c.Head.Fsgid), 60},
		{"loginuid", unsafe.Offsetof(c.Head.Loginuid), 64},
		{"session", unsafe.Offsetof(c.Head.Session), 68},
		{"comm", unsafe.Offsetof(c.Head.Comm), 72},
		{"pid_level", unsafe.Offsetof(c.Head.PidLevel), 100},
		{"suppressed", unsafe.Offsetof(c.Head.Suppressed), 108},
		{"call", unsafe.Sizeof(c), callSize},
		{"result", unsafe.Offsetof(c.Result), resultAt},
		{"args", unsafe.Offsetof(c.Args), argsAt},
		{"value", unsafe.Offsetof(c.Value), valueAt},
		{"file", unsafe.Offsetof(c.File), callFileAt},
		{"file's size", unsafe.Sizeof(c.File), fileSize},
		{"file's links", unsafe.Offsetof(c.File.Links), 20},
		{"file's magic", unsafe.Offsetof(c.File.Magic), 32},
		{"file's mtime", unsafe.Offsetof(c.File.Mtime), 48},
		{"target", unsafe.Offsetof(c.Target), targetAt},
		{"target's size", unsafe.Sizeof(c.Target), targetSize},
		{"target's comm", unsafe.Offsetof(c.Target.Comm), 16},
		{"texts", unsafe.Offsetof(c.Text), textsAt},
		{"file of exec", unsafe.Offsetof(e.File), execFileAt},
		{"capabilities", unsafe.Offsetof(e.CapsPermitted), capsAt},
		{"length of arguments", unsafe.Offsetof(e.ArgsLength), argsSizeAt},
		{"terminal", unsafe.Offsetof(e.Tty), ttyAt},
		{"texts of exec", unsafe.Offsetof(e.Text), execTextsAt},
		{"fork", unsafe.Sizeof(programFork{}), forkSize},
		{"exit", unsafe.Sizeof(programExit{}), exitSize},
		{"watch", unsafe.Sizeof(programWatch{}), unsafe.Sizeof(watch{})},
		{"name", unsafe.Sizeof(programName{}), nameSize},
	} {
		if x.is != x.read {
			t.Errorf("%s: the programs have %d, %d is read", x.what, x.is, x.read)
		}
	}
	if classes > mapClasses {
		t.Errorf("the programs have room for %d classes, there are %d", mapClasses, classes)
	}
}

// madeWith is the compiler of the committed objects: another makes other bytes of the same source.
const madeWith = "14.0.6"

// TestReproducible makes the programs' objects anew from their source, which must give what is committed.
func TestReproducible(t *testing.T) {
	said, err := exec.Command("clang", "--version").Output()
	if err != nil {
		t.Skipf("TestReproducible NOT RUN: clang is not installed: %v", err)
	}
	version := regexp.MustCompile(`clang version ([0-9.]+)`).FindSubmatch(said)
	if version == nil || string(version[1]) != madeWith {
		t.Skipf("TestReproducible NOT RUN: the objects are of clang %s, here is %s", madeWith, bytes.SplitN(said, []byte{'\n'}, 2)[0])
	}
	if _, err := os.Stat("/usr/include/bpf/bpf_helpers.h"); err != nil {
		t.Skip("TestReproducible NOT RUN: libbpf-dev is not installed")
	}
	source, err := os.ReadFile("generate.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^//go:generate (?:-command )?make-programs (.*)$`).FindAllStringSubmatch(string(source), -1)
	if len(lines) != 2 {
		t.Fatalf("generate.go has %d lines about the programs, want 2", len(lines))
	}
	var args []string
	for _, quoted := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(lines[0][1]+" "+lines[1][1], -1) {
		args = append(args, strings.Trim(quoted, `"`))
	}
	out := t.TempDir()
	args = slices.Insert(args, 3, "-output-dir", out) // behind go run and its package
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOPACKAGE=bpf")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("making the objects: %v\n%s", err, said)
	}
	made, err := filepath.Glob(filepath.Join(out, "program_*"))
	if err != nil || len(made) != 4 {
		t.Fatalf("%d files were made, want 4: %v", len(made), err)
	}
	for _, path := range made {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what its source makes: run go generate ./collectors/bpf", filepath.Base(path))
		}
	}
}
