package main

var an0904 = Behaviour{
	ID:    "AN0904",
	Title: "List network connections from a script",
	Explain: `nobody's shell script and then Python script list the machine's connections with ss and /proc/net/tcp; a user's shell ` +
		`without a terminal does, and packs a file after it did
near miss: an administrator types them on a terminal; root's script runs ss again and again; one look by a user's shell, and one at routes`,
	Simulate: on(simulateConnections),
	NearMiss: on(nearMissConnections),
}

func simulateConnections(s *stage) error {
	if err := need("ss", "cat", "tar"); err != nil {
		return err
	}
	if err := s.discover("connections", "listed connections", pause, "ss -tunap", "netstat -tulpn", "cat /proc/net/tcp"); err != nil {
		return err
	}
	if err := s.inline(shell{variant: "two ways", did: "a user's shell listed connections in two ways", user: true},
		"ss -tunap", "cat /proc/net/tcp"); err != nil {
		return err
	}
	return s.inline(shell{variant: "then tar", did: "a user's shell listed connections and packed a file", user: true},
		"ss -tunap", "tar cf /dev/null /etc/hostname")
}

func nearMissConnections(s *stage) error {
	if err := need("ss", "cat"); err != nil {
		return err
	}
	if err := s.typed("an administrator listed connections", "ss -tunap", "cat /proc/net/tcp", "ss -ltn"); err != nil {
		return err
	}
	if err := s.inline(shell{variant: "root", did: "root's script looked for a port"},
		"ss -ltn", "ss -ltn", "ss -ltn", "ss -ltn", "ss -ltn", "ss -tan"); err != nil {
		return err
	}
	return s.inline(shell{variant: "once", did: "a user's shell listed connections once, and routes", user: true},
		"ss -tan", "cat /proc/net/route")
}
