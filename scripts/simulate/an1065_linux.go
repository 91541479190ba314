package main

import "strings"

var an1065 = Behaviour{
	ID:    "AN1065",
	Title: "Pack and encrypt gathered files from a script",
	Explain: `nobody's script copies /etc/passwd into a folder below /tmp and packs it with tar; another asks who and ` +
		`where it is and encrypts a file there with openssl
near miss: a script packs a folder of its own below /tmp; another asks who it is and unpacks`,
	Simulate: on(simulateObfuscation),
	NearMiss: on(nearMissObfuscation),
}

func simulateObfuscation(s *stage) error {
	if err := need("cp", "tar", "gzip", "base64", "openssl"); err != nil {
		return err
	}
	dir, err := s.userDir("gathered")
	if err != nil {
		return err
	}
	if err := s.packing("staged", "a script gathered files and packed them",
		"cp /etc/passwd "+dir+"/a", "tar czf "+dir+"/b.tgz "+dir+"/a"); err != nil {
		return err
	}
	return s.packing("enumerated", "a script looked around and encrypted a file",
		"whoami", "id", "uname -a", "hostname", "openssl enc -aes-256-cbc -pbkdf2 -k apiwatch -in /etc/hostname -out "+dir+"/c")
}

// packing lets nobody's script run commands.
func (s *stage) packing(variant, did string, lines ...string) error {
	script, err := s.perform("sh", strings.ReplaceAll(variant, " ", "-")+".sh", commands("sh", append([]string{pause}, lines...)...), true)
	if err != nil {
		return err
	}
	s.did(script.act(variant, did))
	return nil
}

func nearMissObfuscation(s *stage) error {
	if err := need("cp", "tar", "gzip"); err != nil {
		return err
	}
	dir, err := s.userDir("packed")
	if err != nil {
		return err
	}
	if err := s.packing("own files", "a script packed files of its own",
		"cp /usr/share/common-licenses/BSD "+dir+"/a", "tar czf "+dir+"/b.tgz "+dir+"/a"); err != nil {
		return err
	}
	return s.packing("unpacking", "a script looked around and unpacked a file",
		"whoami", "id", "uname -a", "tar xzf "+dir+"/b.tgz -C "+dir, "gzip -d "+dir+"/b.tgz", "cp /etc/passwd "+dir+"/c")
}
