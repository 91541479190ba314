package main

import "path/filepath"

var an1098 = Behaviour{
	ID:    "AN1098",
	Title: "Put something in the place of a program",
	Explain: `nobody's program tries to open /usr/bin/ls to write; in a mount namespace of its own a file of ours is mounted over it; ` +
		`nobody's script tries to copy a file to /usr/bin/netstat, and preloads a library from /tmp that is not there
near miss: a file is mounted over one of ours; a script copies a program into its own folder and preloads a library of the system`,
	Simulate: on(simulateCover),
	NearMiss: on(nearMissCover),
	SeenBy:   map[string]string{"written": "audit"},
}

func simulateCover(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	if err := need("unshare", "mount", "cp", "env"); err != nil {
		return err
	}
	file, err := s.file("cover", "#!/bin/sh\n", 0o755)
	if err != nil {
		return err
	}
	if err := s.opens("written", "tried to open /usr/bin/ls to write", "patcher", "open-write", true, "/usr/bin/ls"); err != nil {
		return err
	}
	if err := s.runs("covered", "a script mounted a file over /usr/bin/ls", "cover", false,
		"unshare -m mount --bind "+file+" /usr/bin/ls"); err != nil {
		return err
	}
	if err := s.runs("copied", "a script tried to copy a file to /usr/bin/netstat", "copy", true, "cp "+file+" /usr/bin/netstat"); err != nil {
		return err
	}
	return s.runs("preloaded", "a script preloaded a library from /tmp", "preload", true, "env LD_PRELOAD=/tmp/apiwatch-none.so true")
}

func nearMissCover(s *stage) error {
	if err := needRoot(); err != nil {
		return err
	}
	if err := need("unshare", "mount", "cp", "env"); err != nil {
		return err
	}
	file, err := s.file("cover", "#!/bin/sh\n", 0o755)
	if err != nil {
		return err
	}
	dir, err := s.userDir("bin")
	if err != nil {
		return err
	}
	own := filepath.Join(dir, "ls")
	if err := copyFile(own, file); err != nil {
		return err
	}
	if err := s.runs("own file", "a script mounted a file over one of its own", "cover", false,
		"unshare -m mount --bind "+file+" "+own); err != nil {
		return err
	}
	return s.runs("own folder", "a script copied a program and preloaded a library of the system", "copy", true,
		"cp "+file+" "+filepath.Join(dir, "ps"), "env LD_PRELOAD=/usr/lib/apiwatch-none.so true")
}
