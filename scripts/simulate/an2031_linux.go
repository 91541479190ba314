package main

var an2031 = Behaviour{
	ID:    "AN2031",
	Title: "Call a download tool a browser",
	Explain: `nobody's shell script runs curl with a browser's user agent against a closed port of this machine; an administrator types it
near miss: a script runs curl with an agent of its own, and an administrator types curl`,
	Simulate: on(simulateUserAgent),
	NearMiss: on(nearMissUserAgent),
}

// closed is what nobody answers.
const closed = "http://127.0.0.1:9/"

const browserCall = "curl -s -m 2 -A 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0' " +
	closed

func simulateUserAgent(s *stage) error {
	if err := need("curl"); err != nil {
		return err
	}
	script, err := s.perform("sh", "agent.sh", "run "+pause+"\nrun "+browserCall+"\n", true)
	if err != nil {
		return err
	}
	s.did(script.act("sh", "a script called curl a browser"))
	return s.typed("somebody at a terminal called curl a browser", browserCall)
}

func nearMissUserAgent(s *stage) error {
	if err := need("curl"); err != nil {
		return err
	}
	script, err := s.perform("sh", "agent.sh", "run "+pause+"\nrun curl -s -m 2 -A 'backup/1.0 (nightly)' "+closed+"\n", true)
	if err != nil {
		return err
	}
	s.did(script.act("own agent", "a script gave curl a name of its own"))
	return s.typed("somebody at a terminal ran curl", "curl -s -m 2 "+closed)
}
