package main

var an0244 = Behaviour{
	ID:    "AN0244",
	Title: "Read what is typed",
	Explain: `nobody's program and Python script try to open the keyboard's device, which is made for the time where there is none; a ` +
		`process attaches to one that is called sshd and only reads; a script runs what is called logkeys
near miss: an administrator types cat of the device; a tracer attaches to a program into which nobody types; a script lists devices`,
	Simulate: on(simulateKeylogging),
	NearMiss: on(nearMissKeylogging),
}

// pythonOpens is what a Python script does to try to open a file.
func pythonOpens(path string) string {
	return "time.sleep(0.3)\ntry: open('" + path + "', 'rb').close()\nexcept OSError: pass\n"
}

func simulateKeylogging(s *stage) error {
	device, err := s.device(keyboard)
	if err != nil {
		return err
	}
	if err := s.opens("device", "tried to open the keyboard", "recorder", "open", true, device); err != nil {
		return err
	}
	script, err := s.perform("python3", "keys.py", pythonOpens(device), true)
	if err != nil {
		return err
	}
	s.did(script.act("python3", "a script tried to open the keyboard"))
	tracer, target, err := s.traceNamed("sshd")
	if err != nil {
		return err
	}
	s.did(tracer.act("attached", "attached to what is called sshd and only read").to(target))
	logkeys, err := s.prop("logkeys")
	if err != nil {
		return err
	}
	return s.runs("command", "a script ran a recorder of keys", "start", true, logkeys+" "+rolePrefix+"linger --start")
}

// traceNamed lets an actor attach to a sibling of a name and only read.
func (s *stage) traceNamed(name string) (tracer, target *actor, err error) {
	if target, err = s.play(name, "victim"); err != nil {
		return nil, nil, err
	}
	if _, err := target.read(); err != nil {
		return nil, nil, err
	}
	return s.traceIt(target)
}

func nearMissKeylogging(s *stage) error {
	device, err := s.device(keyboard)
	if err != nil {
		return err
	}
	if err := s.typed("an administrator looked at the keyboard's device", "cat "+device); err != nil {
		return err
	}
	tracer, target, err := s.traceNamed("worker")
	if err != nil {
		return err
	}
	s.did(tracer.act("tracer", "attached to a program into which nobody types").to(target))
	return s.runs("listed", "a script listed devices", "list", true, "ls -l "+device)
}
