package main

var an0703 = Behaviour{
	ID:    "AN0703",
	Title: "Stand between two ends of a connection",
	Explain: `a process attaches to one that is called nginx and only reads; scripts run what is called mitmdump and iptables with words ` +
		`that lead connections elsewhere, and preload a library that is not there into ssh -V
near miss: a tracer attaches to a program that transmits nothing; what is called iptables lists; a library is preloaded into true`,
	Simulate: on(simulateTransmitted),
	NearMiss: on(nearMissTransmitted),
}

func simulateTransmitted(s *stage) error {
	tracer, target, err := s.traceNamed("nginx")
	if err != nil {
		return err
	}
	s.did(tracer.act("held", "attached to what is called nginx and only read").to(target))
	proxy, err := s.prop("mitmdump")
	if err != nil {
		return err
	}
	if err := s.runs("tool", "a script ran a proxy", "proxy", true, proxy+" "+rolePrefix+"linger --mode transparent"); err != nil {
		return err
	}
	iptables, err := s.prop("iptables")
	if err != nil {
		return err
	}
	if err := s.runs("redirected", "a script led connections elsewhere", "lead", true,
		iptables+" "+rolePrefix+"linger -t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 8080"); err != nil {
		return err
	}
	if err := need("env", "ssh"); err != nil {
		s.skip("preloaded", err.Error())
		return nil
	}
	return s.runs("preloaded", "a script preloaded a library into ssh", "preload", true, "env LD_PRELOAD=/usr/lib/apiwatch-none.so ssh -V")
}

func nearMissTransmitted(s *stage) error {
	tracer, target, err := s.traceNamed("worker")
	if err != nil {
		return err
	}
	s.did(tracer.act("tracer", "attached to a program that transmits nothing").to(target))
	iptables, err := s.prop("iptables")
	if err != nil {
		return err
	}
	return s.runs("listed", "a script listed rules and preloaded a library into true", "list", true,
		iptables+" "+rolePrefix+"linger -t nat -L", "env LD_PRELOAD=/usr/lib/apiwatch-none.so true")
}
