package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

var an1400 = Behaviour{
	ID:    "AN1400",
	Title: "Write into another process's memory, which then becomes executable",
	Explain: `process_vm_writev into a sibling's buffer; the victim then makes that buffer executable, or maps executable memory
near miss: process_vm_readv from a sibling, which then loads a system library; process_vm_writev into its own child`,
	Simulate: on(simulateInjection),
	NearMiss: on(nearMissInjection),
}

func simulateInjection(s *stage) error {
	for _, then := range []string{"mprotect", "mmap"} {
		target, at, err := s.victim()
		if err != nil {
			return err
		}
		attacker, err := s.play("writer", "vm-write", strconv.Itoa(target.pid), strconv.FormatUint(uint64(at), 10))
		if err != nil {
			return err
		}
		if err := attacker.finish(); err != nil {
			return err
		}
		if err := holds(target, payload(4096)); err != nil {
			return err
		}
		if _, err := target.ask(then); err != nil {
			return err
		}
		s.did(attacker.act(then, "process_vm_writev into a sibling, which then called "+then+" with PROT_EXEC").to(target))
	}
	return nil
}

func nearMissInjection(s *stage) error {
	library, err := systemLibrary()
	if err != nil {
		return err
	}
	target, at, err := s.victim()
	if err != nil {
		return err
	}
	reader, err := s.play("reader", "vm-read", strconv.Itoa(target.pid), strconv.FormatUint(uint64(at), 10))
	if err != nil {
		return err
	}
	if err := reader.finish(); err != nil {
		return err
	}
	if _, err := target.ask("load " + library); err != nil {
		return err
	}
	s.did(reader.act("read", "process_vm_readv from a sibling, which then loaded a library").to(target))

	parent, err := s.play("parent", "vm-write-child")
	if err != nil {
		return err
	}
	if err := parent.finish(); err != nil {
		return err
	}
	a := parent.act("own child", "process_vm_writev into its own child")
	if len(a.PIDs) > 0 {
		a.TargetPID, a.TargetPath = a.PIDs[0], parent.path
	}
	s.did(a)
	return nil
}

// vmWrite is called with the pid and the address.
func vmWrite(args []string) error { return vmRole(unix.SYS_PROCESS_VM_WRITEV, args, payload(4096)) }

func vmRead(args []string) error {
	return vmRole(unix.SYS_PROCESS_VM_READV, args, make([]byte, 4096))
}

func vmRole(call uintptr, args []string, local []byte) error {
	pid, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	at, err := strconv.ParseUint(args[1], 10, 64)
	if err != nil {
		return err
	}
	return vmCopy(call, pid, uintptr(at), local)
}

// vmCopy is process_vm_readv or process_vm_writev of one piece.
func vmCopy(call uintptr, pid int, remote uintptr, local []byte) error {
	here := unix.Iovec{Base: &local[0]}
	here.SetLen(len(local))
	there := unix.RemoteIovec{Base: remote, Len: len(local)}
	n, _, errno := unix.Syscall6(call, uintptr(pid), uintptr(unsafe.Pointer(&here)), 1, uintptr(unsafe.Pointer(&there)), 1, 0)
	runtime.KeepAlive(local)
	if errno != 0 {
		return fmt.Errorf("copying memory of pid %d: %w", pid, errno)
	}
	if int(n) != len(local) {
		return fmt.Errorf("copying memory of pid %d: %d of %d bytes", pid, n, len(local))
	}
	return nil
}

func vmWriteChild([]string) error {
	child := exec.Command(os.Args[0], rolePrefix+"victim")
	in, err := child.StdinPipe()
	if err != nil {
		return err
	}
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return fmt.Errorf("starting the child: %w", err)
	}
	say("pid %d child", child.Process.Pid)
	var at uint64
	_, err = fmt.Fscanln(out, &at)
	if err == nil {
		err = vmCopy(unix.SYS_PROCESS_VM_WRITEV, child.Process.Pid, uintptr(at), []byte(strings.Repeat("x", 4096)))
	}
	return errors.Join(err, in.Close(), child.Wait())
}
