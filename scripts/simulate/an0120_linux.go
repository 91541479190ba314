package main

var an0120 = Behaviour{
	ID:    "AN0120",
	Title: "Discover where the system is",
	Explain: `nobody's shell script and then Python script run locale and timedatectl and read /etc/timezone and /etc/default/locale
near miss: nobody's script reads /etc/timezone and nothing else`,
	Simulate: on(simulateLocation),
	NearMiss: on(nearMissLocation),
}

func simulateLocation(s *stage) error {
	if err := need("locale", "cat"); err != nil {
		return err
	}
	return s.discover("location", "asked for locale, time zone and language settings",
		"locale", "timedatectl status --no-pager", "cat /etc/timezone", "cat /etc/default/locale")
}

func nearMissLocation(s *stage) error {
	if err := need("cat"); err != nil {
		return err
	}
	script, err := s.perform("sh", "zone.sh", commands("sh", "cat /etc/timezone"), true)
	if err != nil {
		return err
	}
	s.did(script.act("", "a script read /etc/timezone"))
	return nil
}
