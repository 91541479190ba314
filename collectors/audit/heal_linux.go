package audit

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"golang.org/x/sys/unix"

	"github.com/apiwatch/apiwatch/collectors/audit/runs"
)

// Heal undoes what killed runs left behind in audit, for a run that sees system calls by other means, and announces that run, as Open does.
// It gives the pids of those that were killed.
func Heal(stateDir string, logger *slog.Logger) (killed []int, err error) {
	s := NewLive(Options{StateDir: stateDir, Logger: logger})
	if s.control, err = openControl(); err == nil {
		defer func() { err = errors.Join(err, s.control.close()) }()
		s.last, err = s.control.status()
	}
	switch {
	case errors.Is(err, unix.EPROTONOSUPPORT), errors.Is(err, unix.EAFNOSUPPORT), errors.Is(err, unix.ECONNREFUSED):
		return nil, nil // there is no audit in which anything could be left
	case err != nil:
		return nil, fmt.Errorf("looking for what a killed run left in audit: %w", err)
	}
	err = errors.Join(s.cleanUp(), runs.Announce(stateDir))
	for i := range s.killed {
		killed = append(killed, s.killed[i].PID)
	}
	return killed, err
}

// Leave takes back that Heal announced this run.
func Leave(stateDir string) error { return runs.Withdraw(stateDir, os.Getpid()) }
