package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var an0579 = Behaviour{
	ID:    "AN0579",
	Title: "Inject into a process with ptrace",
	Explain: `attacks a sibling: attaches (PTRACE_ATTACH, then PTRACE_SEIZE), writes a word of its stack and its registers, detaches
near miss: a debugger writes into its own child; an attach to a sibling that only reads, as strace -p does`,
	Simulate: on(simulatePtrace),
	NearMiss: on(nearMissPtrace),
}

func simulatePtrace(s *stage) error {
	for _, how := range []string{"attach", "seize"} {
		attacker, target, err := s.trace("injector", "ptrace", how, "write")
		if err != nil {
			return err
		}
		s.did(attacker.act(how, "wrote a stack word and the registers of a sibling").to(target))
	}
	return nil
}

func nearMissPtrace(s *stage) error {
	for _, how := range []string{"traceme", "seize"} {
		debugger, err := s.play("debugger", "debug-child", how)
		if err != nil {
			return err
		}
		if err := debugger.finish(); err != nil {
			return err
		}
		a := debugger.act("debugger "+how, "wrote a stack word and the registers of its own child")
		if len(a.PIDs) > 0 {
			a.TargetPID, a.TargetPath = a.PIDs[0], debugger.path
		}
		s.did(a)
	}
	reader, target, err := s.trace("tracer", "ptrace", "attach", "read")
	if err != nil {
		return err
	}
	s.did(reader.act("reader", "attached to a sibling and only read").to(target))
	return nil
}

// trace lets an actor in a role trace a victim that is its sibling.
func (s *stage) trace(name, role string, args ...string) (tracer, target *actor, err error) {
	if target, _, err = s.victim(); err != nil {
		return nil, nil, err
	}
	if tracer, err = s.play(name, role, append(args, strconv.Itoa(target.pid))...); err != nil {
		return nil, nil, err
	}
	if err := tracer.finish(); err != nil {
		return nil, nil, err
	}
	return tracer, target, nil
}

// ptraceSibling is called with how to attach, what to do and the pid.
func ptraceSibling(args []string) error {
	runtime.LockOSThread()
	pid, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	if err := attach(pid, args[0]); err != nil {
		return err
	}
	if args[1] == "write" {
		err = rewrite(pid, args[0] == "attach")
	} else {
		err = readOnly(pid)
	}
	return errors.Join(err, unix.PtraceDetach(pid))
}

// attach stops a process by PTRACE_ATTACH or PTRACE_SEIZE and waits until it has stopped.
func attach(pid int, how string) error {
	err := error(nil)
	if how == "seize" {
		if err = unix.PtraceSeize(pid); err == nil {
			err = unix.PtraceInterrupt(pid)
		}
	} else {
		err = unix.PtraceAttach(pid)
	}
	if err != nil {
		return fmt.Errorf("attaching to pid %d: %w", pid, err)
	}
	return awaitStop(pid)
}

func awaitStop(pid int) error {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, unix.WALL, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return fmt.Errorf("waiting for pid %d to stop: %w", pid, err)
		case !status.Stopped():
			return fmt.Errorf("waiting for pid %d to stop: it ended", pid)
		default:
			return nil
		}
	}
}

// rewrite writes the word at the stack pointer and the registers of a stopped process, both as they were.
func rewrite(pid int, oldRequests bool) error {
	regs, err := registers(pid, nil, oldRequests)
	if err != nil {
		return err
	}
	sp := uintptr(regs[byArch(19, 31)]) // struct user_regs_struct, struct user_pt_regs
	word := make([]byte, unsafe.Sizeof(sp))
	if _, err := unix.PtracePeekData(pid, sp, word); err != nil {
		return fmt.Errorf("reading the stack of pid %d: %w", pid, err)
	}
	if _, err := unix.PtracePokeData(pid, sp, word); err != nil {
		return fmt.Errorf("writing the stack of pid %d: %w", pid, err)
	}
	_, err = registers(pid, regs, oldRequests)
	return err
}

// readOnly reads the registers and the stack in the ways there are.
func readOnly(pid int) error {
	regs, err := registers(pid, nil, true)
	if err != nil {
		return err
	}
	sp := uintptr(regs[byArch(19, 31)])
	word := make([]byte, unsafe.Sizeof(sp))
	if _, err := unix.PtracePeekData(pid, sp, word); err != nil {
		return fmt.Errorf("reading the stack of pid %d: %w", pid, err)
	}
	return vmCopy(unix.SYS_PROCESS_VM_READV, pid, sp, word)
}

// registers reads a stopped process's general registers, or writes regs. The old requests GETREGS and SETREGS exist on
// amd64 only; arm64 has the newer GETREGSET and SETREGSET (include/uapi/linux/ptrace.h).
func registers(pid int, regs []uint64, oldRequests bool) ([]uint64, error) {
	const getRegs, setRegs, getRegSet, setRegSet, prstatus = 12, 13, 0x4204, 0x4205, 1
	write := regs != nil
	if !write {
		regs = make([]uint64, byArch(27, 34))
	}
	request, addr := uintptr(getRegSet), uintptr(prstatus)
	if write {
		request = setRegSet
	}
	vec := unix.Iovec{Base: (*byte)(unsafe.Pointer(&regs[0]))}
	vec.SetLen(len(regs) * 8)
	data := unsafe.Pointer(&vec)
	if oldRequests && runtime.GOARCH == "amd64" {
		request, addr, data = getRegs, 0, unsafe.Pointer(&regs[0])
		if write {
			request = setRegs
		}
	}
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, request, uintptr(pid), addr, uintptr(data), 0, 0)
	runtime.KeepAlive(regs)
	if errno != 0 {
		return nil, fmt.Errorf("accessing the registers of pid %d: %w", pid, errno)
	}
	return regs, nil
}

// debugChild starts a child, by PTRACE_TRACEME or to seize it, and writes into it as a debugger does.
func debugChild(args []string) error {
	runtime.LockOSThread()
	child := exec.Command(os.Args[0], rolePrefix+"linger")
	child.SysProcAttr = &syscall.SysProcAttr{Ptrace: args[0] == "traceme"}
	if err := child.Start(); err != nil {
		return fmt.Errorf("starting the debugged child: %w", err)
	}
	pid := child.Process.Pid
	say("pid %d child", pid)
	var err error
	if args[0] == "traceme" {
		err = awaitStop(pid)
	} else {
		err = attach(pid, "seize")
	}
	if err == nil {
		err = errors.Join(rewrite(pid, true), unix.PtraceDetach(pid))
	}
	if err != nil {
		_ = child.Process.Kill()
	}
	return errors.Join(err, child.Wait())
}
