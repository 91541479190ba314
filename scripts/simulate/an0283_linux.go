package main

var an0283 = Behaviour{
	ID:    "AN0283",
	Title: "Use input devices without a graphical session",
	Explain: `nobody's script tries to show the keyboard's device with cat, and which devices there are; ` +
		`nobody's Python script tries to open it, and nobody's program tries to open ` +
		`/dev/uinput to write. What is missing is made for the time
near miss: an administrator types both; a script lists the device and its folder`,
	Simulate: on(simulateInputCapture),
	NearMiss: on(nearMissInputCapture),
	SeenBy:   map[string]string{"uinput": "ebpf"},
}

func simulateInputCapture(s *stage) error {
	device, err := s.device(keyboard)
	if err != nil {
		return err
	}
	maker, err := s.device(inputMaker)
	if err != nil {
		return err
	}
	if err := s.runs("cat", "a script tried to show the keyboard", "show", true, "cat "+device); err != nil {
		return err
	}
	if err := s.runs("command", "a script asked for input devices", "ask", true, "cat /proc/bus/input/devices"); err != nil {
		return err
	}
	script, err := s.perform("python3", "input.py", pythonOpens(device), true)
	if err != nil {
		return err
	}
	s.did(script.act("python3", "a script tried to open the keyboard"))
	return s.opens("uinput", "tried to make input up", "typist", "open-write", true, maker)
}

func nearMissInputCapture(s *stage) error {
	device, err := s.device(keyboard)
	if err != nil {
		return err
	}
	if err := s.typed("an administrator looked at input devices", "cat "+device, "cat /proc/bus/input/devices"); err != nil {
		return err
	}
	return s.runs("listed", "a script listed devices", "list", true, "ls -l "+device, "ls /dev/input")
}
