package main

import (
	"errors"
	"io"
	"syscall"
)

var an1562 = Behaviour{
	ID:    "AN1562",
	Title: "Discover the system's language from a script",
	Explain: `nobody's shell script and then Python script run locale, locale -a, localectl and printenv LANG
near miss: root runs locale once in an interactive shell`,
	Simulate: on(simulateLanguage),
	NearMiss: on(nearMissLanguage),
}

func simulateLanguage(s *stage) error {
	if err := need("locale"); err != nil {
		return err
	}
	return s.discover("language", "asked for the system's language",
		"locale", "locale -a", "localectl status --no-pager", "printenv LANG")
}

// discover lets an unprivileged shell script and a Python script run the commands that this machine has.
func (s *stage) discover(name, did string, lines ...string) error {
	for _, interpreter := range []string{"sh", "python3"} {
		script, err := s.perform(interpreter, name+"-"+interpreter, commands(interpreter, lines...), true)
		if missing := notRunError(""); errors.As(err, &missing) {
			s.skip(interpreter, err.Error())
			continue
		}
		if err != nil {
			return err
		}
		s.did(script.act(interpreter, "a script "+did))
	}
	return nil
}

func nearMissLanguage(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	if err := need("locale"); err != nil {
		return err
	}
	// A session of its own keeps the shell away from our terminal.
	shell, err := s.start(cast{path: "/bin/sh", args: []string{"-i"}, attr: syscall.SysProcAttr{Setsid: true}})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(shell.in, "locale >/dev/null & echo \"pid $! locale\"; wait $!\nexit 0\n"); err != nil {
		return err
	}
	if err := shell.finish(); err != nil {
		return err
	}
	s.did(shell.act("", "root ran locale once in an interactive shell"))
	return nil
}
