package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var an0839 = Behaviour{
	ID:    "AN0839",
	Title: "Run code that was never a file",
	Explain: `executes a program from a memfd (execveat, then /proc/self/fd); makes written memory executable and calls it, then maps ` +
		`memory both writable and executable
near miss: a memfd as shared memory; a system library mapped executable`,
	Simulate: on(simulateReflective),
	NearMiss: on(nearMissReflective),
}

const memfdName = "loader"

func simulateReflective(s *stage) error {
	for _, how := range []string{"execveat", "proc-fd"} {
		attacker, err := s.play("loader", "memfd-exec", how)
		if err != nil {
			return err
		}
		// What runs from the memfd exits with its effective uid.
		var status interface{ ExitCode() int }
		if err := attacker.finish(); err != nil && (!errors.As(err, &status) || status.ExitCode() != attacker.uid&0xff) {
			return err
		}
		a := attacker.act(how, "wrote a program into a memfd and executed it")
		a.ExecPath = "/memfd:" + memfdName + " (deleted)"
		s.did(a)
	}
	for _, how := range []string{"mprotect", "rwx"} {
		attacker, err := s.play("unpacker", "memory-exec", how)
		if err != nil {
			return err
		}
		if err := attacker.finish(); err != nil {
			return err
		}
		s.did(attacker.act(how, map[string]string{
			"mprotect": "wrote code into anonymous memory, made it executable and called it",
			"rwx":      "wrote code into memory both writable and executable and called it",
		}[how]))
	}
	return nil
}

func nearMissReflective(s *stage) error {
	library, err := systemLibrary()
	if err != nil {
		return err
	}
	near, err := s.play("sharer", "memory-near", library)
	if err != nil {
		return err
	}
	if err := near.finish(); err != nil {
		return err
	}
	s.did(near.act("", "used a memfd as shared memory and mapped a system library executable"))
	return nil
}

// memfdExec becomes the program in a memfd, by execveat or by the file descriptor's path.
func memfdExec(args []string) error {
	fd, err := unix.MemfdCreate(memfdName, unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("making a memfd: %w", err)
	}
	if _, err := unix.Write(fd, tinyELF()); err != nil {
		return fmt.Errorf("writing the memfd: %w", err)
	}
	argv, err := syscall.SlicePtrFromStrings([]string{memfdName})
	if err != nil {
		return err
	}
	if args[0] == "proc-fd" {
		return fmt.Errorf("executing the memfd's path: %w", unix.Exec(fmt.Sprintf("/proc/self/fd/%d", fd), []string{memfdName}, nil))
	}
	empty := []byte{0}
	_, _, errno := unix.Syscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(&empty[0])),
		uintptr(unsafe.Pointer(&argv[0])), 0, unix.AT_EMPTY_PATH, 0)
	return fmt.Errorf("executing the memfd: %w", errno)
}

// memoryExec writes a function into anonymous memory and calls it.
func memoryExec(args []string) error {
	prot := unix.PROT_READ | unix.PROT_WRITE
	if args[0] == "rwx" {
		prot |= unix.PROT_EXEC
	}
	mem, err := unix.Mmap(-1, 0, 4096, prot, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return fmt.Errorf("mapping memory: %w", err)
	}
	copy(mem, returnStub)
	if args[0] != "rwx" {
		if err := unix.Mprotect(mem, unix.PROT_READ|unix.PROT_EXEC); err != nil {
			return fmt.Errorf("making memory executable: %w", err)
		}
	}
	// A Go function value points to a word that holds the address of its code.
	code := &mem[0]
	closure := &code
	(*(*func())(unsafe.Pointer(&closure)))()
	return unix.Munmap(mem)
}

func memoryNear(args []string) error {
	fd, err := unix.MemfdCreate("shared", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return fmt.Errorf("making a memfd: %w", err)
	}
	f := os.NewFile(uintptr(fd), "memfd")
	defer f.Close()
	if _, err := f.Write(make([]byte, 4096)); err != nil {
		return fmt.Errorf("writing the memfd: %w", err)
	}
	mem, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mapping the memfd: %w", err)
	}
	copy(mem, "shared")
	if err := unix.Munmap(mem); err != nil {
		return err
	}
	return mapLibrary(args[0])
}
