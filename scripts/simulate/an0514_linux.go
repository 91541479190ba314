package main

import (
	"fmt"
	"syscall"
)

var an0514 = Behaviour{
	ID:    "AN0514",
	Title: "Look for network shares on many hosts",
	Explain: `a Python script connects to port 445 of six addresses; a shell script runs what is called smbclient against six, which does. ` +
		`The addresses are for documentation and the sockets are of datagrams: nothing is sent
near miss: a script connects to port 445 of three addresses, again and again, and to port 443 of six; smbclient asks two`,
	Simulate: on(simulateShares),
	NearMiss: on(nearMissShares),
}

// connects is what a Python script does to connect without sending anything.
const connects = `def connect(host, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try: s.connect((host, port))
    except OSError: pass
    s.close()
time.sleep(0.3)
`

func simulateShares(s *stage) error {
	body := connects + "for n in range(1, 7): connect('192.0.2.%d' % n, 445)\n"
	if err := s.shares("python3", "a script asked six hosts for shares", body); err != nil {
		return err
	}
	return s.smbclient("smbclient", "a script listed the shares of six hosts", 6)
}

func (s *stage) shares(variant, did, body string) error {
	script, err := s.perform("python3", "shares.py", body, true)
	if err != nil {
		return err
	}
	s.did(script.act(variant, did))
	return nil
}

func (s *stage) smbclient(variant, did string, hosts int) error {
	client, err := s.prop("smbclient")
	if err != nil {
		return err
	}
	lines := []string{pause}
	for n := range hosts {
		lines = append(lines, fmt.Sprintf("%s %sconnect 192.0.2.%d -N -L", client, rolePrefix, n+1))
	}
	script, err := s.perform("sh", "shares.sh", commands("sh", lines...), true)
	if err != nil {
		return err
	}
	s.did(script.act(variant, did))
	return nil
}

// connectShare connects a socket of datagrams to an address's port for shares, which sends nothing.
func connectShare(args []string) error {
	var to syscall.SockaddrInet4
	to.Port = 445
	if _, err := fmt.Sscanf(args[0], "%d.%d.%d.%d", &to.Addr[0], &to.Addr[1], &to.Addr[2], &to.Addr[3]); err != nil {
		return fmt.Errorf("reading the address %s: %w", args[0], err)
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return fmt.Errorf("making a socket: %w", err)
	}
	defer syscall.Close(fd)
	_ = syscall.Connect(fd, &to) // it was asked for, also where there is no route
	return nil
}

func nearMissShares(s *stage) error {
	body := connects + "for n in range(12): connect('192.0.2.%d' % (n % 3 + 1), 445); connect('192.0.2.%d' % (n % 6 + 1), 443)\n"
	if err := s.shares("three hosts", "a script asked three hosts for shares, and six for something else", body); err != nil {
		return err
	}
	return s.smbclient("two hosts", "a script listed the shares of two hosts", 2)
}
