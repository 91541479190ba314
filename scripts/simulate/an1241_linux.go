package main

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

var an1241 = Behaviour{
	ID:    "AN1241",
	Title: "Redirect a process by patching its vDSO",
	Explain: `writes a word (the one that was there) into a sibling's vDSO; the victim then makes memory executable, or loads a shared ` +
		`object from the temporary directory
near miss: reads a sibling's vDSO, after which that loads a system library; writes into its own child's stack`,
	Simulate: on(simulateVDSO),
	NearMiss: on(nearMissVDSO),
}

func simulateVDSO(s *stage) error {
	object, err := s.file("libhook.so", string(tinyELF()), 0o755)
	if err != nil {
		return err
	}
	for _, then := range []struct{ variant, order, did, file string }{
		{"mprotect", "mprotect", "which then made memory executable", ""},
		{"shared object", "load " + object, "which then loaded a shared object from here", object},
	} {
		attacker, target, err := s.patch("vdso-hijacker", "write", then.order)
		if err != nil {
			return err
		}
		a := attacker.act(then.variant, "wrote into a sibling's vDSO, "+then.did).to(target)
		a.File = then.file
		s.did(a)
	}
	return nil
}

func nearMissVDSO(s *stage) error {
	library, err := systemLibrary()
	if err != nil {
		return err
	}
	reader, target, err := s.patch("vdso-reader", "read", "load "+library)
	if err != nil {
		return err
	}
	s.did(reader.act("reader", "read a sibling's vDSO, which then loaded a system library").to(target))

	debugger, err := s.play("debugger", "debug-child", "traceme")
	if err != nil {
		return err
	}
	if err := debugger.finish(); err != nil {
		return err
	}
	a := debugger.act("debugger", "wrote into its own child's stack")
	if len(a.PIDs) > 0 {
		a.TargetPID, a.TargetPath = a.PIDs[0], debugger.path
	}
	s.did(a)
	return nil
}

// patch lets an actor read or write a victim's vDSO and gives the victim an order afterwards.
func (s *stage) patch(name, what, order string) (attacker, target *actor, err error) {
	if target, _, err = s.victim(); err != nil {
		return nil, nil, err
	}
	if attacker, err = s.play(name, "vdso", what, strconv.Itoa(target.pid)); err != nil {
		return nil, nil, err
	}
	if err := attacker.finish(); err != nil {
		return nil, nil, err
	}
	if _, err := target.ask(order); err != nil {
		return nil, nil, err
	}
	return attacker, target, nil
}

// vdsoSibling is called with what to do and the pid.
func vdsoSibling(args []string) error {
	runtime.LockOSThread()
	pid, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	start, _, err := mapping(pid, "[vdso]")
	if err != nil {
		return err
	}
	if err := attach(pid, "attach"); err != nil {
		return err
	}
	word := make([]byte, 8)
	_, err = unix.PtracePeekText(pid, start, word)
	if err == nil && args[0] == "write" {
		_, err = unix.PtracePokeText(pid, start, word)
	}
	if err != nil {
		err = fmt.Errorf("accessing the vDSO of pid %d: %w", pid, err)
	}
	return errors.Join(err, unix.PtraceDetach(pid))
}
