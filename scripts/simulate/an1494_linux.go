package main

import (
	"fmt"
	"os"
	"strconv"
	"unsafe"
)

var an1494 = Behaviour{
	ID:    "AN1494",
	Title: "Overwrite a process's memory through /proc/PID/mem",
	Explain: `reads a sibling's /proc/PID/maps and writes 12 KiB into its /proc/PID/mem: a script with dd, then a program
near miss: a program writes into its own mem and only reads its sibling's`,
	Simulate: on(simulateMem),
	NearMiss: on(nearMissMem),
}

// memBytes is more than the 4096 bytes from which a write counts as large.
const memBytes = 12 << 10

func simulateMem(s *stage) error {
	if err := need("dd", "cat"); err != nil {
		s.skip("dd", err.Error())
	} else if err := simulateDD(s); err != nil {
		return err
	}
	target, at, err := s.victim()
	if err != nil {
		return err
	}
	attacker, err := s.play("overwriter", "mem-write", strconv.Itoa(target.pid), strconv.FormatUint(uint64(at), 10))
	if err != nil {
		return err
	}
	if err := attacker.finish(); err != nil {
		return err
	}
	if err := holds(target, payload(memBytes)); err != nil {
		return err
	}
	a := attacker.act("program", "read a sibling's maps and wrote 12 KiB into its mem").to(target)
	a.File = fmt.Sprintf("/proc/%d/mem", target.pid)
	s.did(a)
	return target.finish()
}

func simulateDD(s *stage) error {
	target, at, err := s.victim()
	if err != nil {
		return err
	}
	file, err := s.file("payload", string(payload(memBytes)), 0o644)
	if err != nil {
		return err
	}
	mem := fmt.Sprintf("/proc/%d/mem", target.pid)
	script, err := s.perform("sh", "overwrite.sh", fmt.Sprintf("run cat /proc/%d/maps\nrun dd if=%s of=%s bs=4096 count=%d seek=%d conv=notrunc\n",
		target.pid, file, mem, memBytes/4096, at/4096), false)
	if err != nil {
		return err
	}
	if err := holds(target, payload(memBytes)); err != nil {
		return err
	}
	a := script.act("dd", "a script read a sibling's maps and dd wrote 12 KiB into its mem").to(target)
	if dd := script.started("dd"); len(dd) > 0 {
		a.PID, a.ParentPID, a.Path = dd[0], script.pid, look("dd")
		a.PIDs = append(script.started("cat"), script.pid)
	}
	a.File = mem
	s.did(a)
	return target.finish()
}

func nearMissMem(s *stage) error {
	sibling, at, err := s.victim()
	if err != nil {
		return err
	}
	near, err := s.play("self-patcher", "mem-near", strconv.Itoa(sibling.pid), strconv.FormatUint(uint64(at), 10))
	if err != nil {
		return err
	}
	if err := near.finish(); err != nil {
		return err
	}
	s.did(near.act("", "wrote into its own mem, read a sibling's maps and mem").to(sibling))
	return sibling.finish()
}

// memWrite is called with the pid and the address.
func memWrite(args []string) error {
	at, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	if _, err := os.ReadFile("/proc/" + args[0] + "/maps"); err != nil {
		return fmt.Errorf("reading the victim's maps: %w", err)
	}
	return writeMem("/proc/"+args[0]+"/mem", at, payload(memBytes))
}

func writeMem(path string, at int64, b []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("opening memory to write: %w", err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, at); err != nil {
		return fmt.Errorf("writing memory: %w", err)
	}
	return nil
}

func memNear(args []string) error {
	own := make([]byte, memBytes)
	at := int64(uintptr(unsafe.Pointer(&own[0])))
	for _, path := range []string{"/proc/self/mem", fmt.Sprintf("/proc/%d/mem", os.Getpid())} {
		if err := writeMem(path, at, make([]byte, memBytes)); err != nil {
			return err
		}
	}
	there, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	if _, err := os.ReadFile("/proc/" + args[0] + "/maps"); err != nil {
		return fmt.Errorf("reading the sibling's maps: %w", err)
	}
	f, err := os.Open("/proc/" + args[0] + "/mem")
	if err != nil {
		return fmt.Errorf("opening the sibling's memory: %w", err)
	}
	defer f.Close()
	if _, err := f.ReadAt(own, there); err != nil {
		return fmt.Errorf("reading the sibling's memory: %w", err)
	}
	return nil
}
