package main

var an0255 = Behaviour{
	ID:    "AN0255",
	Title: "Discover the users from a script",
	Explain: `nobody's shell script and then Python script run whoami, id, w, who and cat /etc/passwd; root's shell without a terminal does
near miss: an administrator types them on a terminal; a script of nobody's that was installed below /usr runs them; root's shell without ` +
		`a terminal asks for single users`,
	Simulate: on(simulateUsers),
	NearMiss: on(nearMissUsers),
}

var userDiscovery = []string{"whoami", "id", "w", "who", "cat /etc/passwd"}

func simulateUsers(s *stage) error {
	if err := need("whoami", "id", "who", "cat"); err != nil {
		return err
	}
	if err := s.discover("users", "asked who uses the machine", append([]string{pause}, userDiscovery...)...); err != nil {
		return err
	}
	return s.inline(shell{variant: "sh -c", did: "a shell without a terminal asked who uses the machine"}, userDiscovery...)
}

func nearMissUsers(s *stage) error {
	if err := s.typed("an administrator asked who uses the machine", userDiscovery...); err != nil {
		return err
	}
	if err := s.installed("installed", "an installed script asked who uses the machine", userDiscovery...); err != nil {
		return err
	}
	return s.inline(shell{variant: "single users", did: "a shell without a terminal asked for single users"},
		"id -u", "id nobody", "getent passwd root", "whoami", "id -un")
}
