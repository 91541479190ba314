package main

var an0272 = Behaviour{
	ID:    "AN0272",
	Title: "List open windows from a script",
	Explain: `nobody's shell script and then Python script ask the X server for its windows with xprop; root's shell without a ` +
		`terminal does with what is called xprop and wmctrl. No server need be there
near miss: an administrator types it on a terminal; root's shell without a terminal asks with one tool`,
	Simulate: on(simulateWindows),
	NearMiss: on(nearMissWindows),
}

func simulateWindows(s *stage) error {
	xprop, wmctrl, err := s.windowTools()
	if err != nil {
		return err
	}
	if err := s.discover("windows", "listed windows", pause, xprop+" -root _NET_CLIENT_LIST", wmctrl+" -l"); err != nil {
		return err
	}
	return s.inline(shell{variant: "sh -c", did: "a shell without a terminal listed windows with two tools"},
		xprop+" -root _NET_CLIENT_LIST", xprop+" -root _NET_ACTIVE_WINDOW", wmctrl+" -l")
}

// windowTools are stand-ins of ours where the machine has none.
func (s *stage) windowTools() (xprop, wmctrl string, err error) {
	if xprop, err = s.tool("xprop"); err == nil {
		wmctrl, err = s.tool("wmctrl")
	}
	return xprop, wmctrl, err
}

// tool gives a program of the machine, or one of ours with its name, which does nothing with what it is told.
func (s *stage) tool(name string) (string, error) {
	if look(name) != "" {
		return name, nil
	}
	return s.prop(name)
}

func nearMissWindows(s *stage) error {
	xprop, wmctrl, err := s.windowTools()
	if err != nil {
		return err
	}
	if err := s.typed("an administrator listed windows", xprop+" -root _NET_CLIENT_LIST", wmctrl+" -l"); err != nil {
		return err
	}
	return s.inline(shell{variant: "one tool", did: "a shell without a terminal listed windows with one tool"},
		xprop+" -root _NET_CLIENT_LIST", xprop+" -root _NET_ACTIVE_WINDOW")
}
