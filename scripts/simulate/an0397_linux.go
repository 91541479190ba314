package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
)

var an0397 = Behaviour{
	ID:    "AN0397",
	Title: "Sleep in a loop to outwait analysis, then act",
	Explain: `nobody's bash script and then Python script run sleep six times (and ping where it is there), then create a file and ` +
		`connect to a listener of ours
near miss: one sleep and then a file; six sleeps and then nothing`,
	Simulate: on(simulateSleep),
	NearMiss: on(nearMissSleep),
}

func simulateSleep(s *stage) error {
	if err := need("sleep"); err != nil {
		return err
	}
	dir, err := s.userDir("drop")
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(s.ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer listener.Close()
	got := make(chan string, 2)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				close(got)
				return
			}
			b, _ := io.ReadAll(io.LimitReader(c, 16))
			_ = c.Close()
			got <- string(b)
		}
	}()
	port := listener.Addr().(*net.TCPAddr).Port
	for _, v := range []struct{ interpreter, body string }{
		{"bash", `for i in 1 2 3 4 5 6; do run sleep 0.1; done
%[3]secho stage >%[1]s
exec 3<>/dev/tcp/127.0.0.1/%[2]d && echo done >&3
`},
		{"python3", `for i in range(6):
    run("sleep", "0.1")
%[3]swith open("%[1]s", "w") as f:
    f.write("stage")
socket.create_connection(("127.0.0.1", %[2]d)).sendall(b"done\n")
`},
	} {
		file := filepath.Join(dir, "second-stage-"+v.interpreter)
		ping := commands(v.interpreter, "ping -c1 127.0.0.1")
		script, err := s.perform(v.interpreter, "patience-"+v.interpreter, fmt.Sprintf(v.body, file, port, ping), true)
		if missing := notRunError(""); errors.As(err, &missing) {
			s.skip(v.interpreter, err.Error())
			continue
		}
		if err != nil {
			return err
		}
		if said := <-got; said != "done\n" {
			return fmt.Errorf("the script's connection said %q", said)
		}
		a := script.act(v.interpreter, "a script slept six times, created a file and connected to 127.0.0.1")
		a.File = file
		s.did(a)
	}
	return nil
}

func nearMissSleep(s *stage) error {
	if err := need("sleep"); err != nil {
		return err
	}
	dir, err := s.userDir("drop")
	if err != nil {
		return err
	}
	for _, v := range []struct{ variant, did, name, body, file string }{
		{"one sleep", "a script slept once and created a file", "late.sh", "run sleep 0.3\necho late >%s\n", filepath.Join(dir, "late")},
		{"nothing after", "a script slept six times and ended", "poll.sh", "for i in 1 2 3 4 5 6; do run sleep 0.1; done\n", ""},
	} {
		body := v.body
		if v.file != "" {
			body = fmt.Sprintf(body, v.file)
		}
		script, err := s.perform("bash", v.name, body, true)
		if err != nil {
			return err
		}
		a := script.act(v.variant, v.did)
		a.File = v.file
		s.did(a)
	}
	return nil
}
