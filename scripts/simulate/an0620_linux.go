package main

import (
	"os"
	"path/filepath"
)

var an0620 = Behaviour{
	ID:    "AN0620",
	Title: "Record sound",
	Explain: `nobody's program tries to open a sound card to record, which is made for the time where there is none; another connects to a ` +
		`socket of ours that is named as a sound server's; a script runs what is called arecord into a file, and another then runs curl --version
near miss: an administrator types arecord; a program tries to open a sound card to play; what is called ffmpeg converts a file`,
	Simulate: on(simulateAudio),
	NearMiss: on(nearMissAudio),
	SeenBy:   map[string]string{"server": "ebpf"},
}

func simulateAudio(s *stage) error {
	device, err := s.device(microphone)
	if err != nil {
		return err
	}
	if err := s.opens("program", "tried to open a sound card to record", "listener", "open", true, device); err != nil {
		return err
	}
	server := filepath.Join(s.dir, "pulse", "native")
	if err := os.Mkdir(filepath.Dir(server), 0o755); err != nil {
		return err
	}
	if err := s.listen(server); err != nil {
		return err
	}
	if err := s.opens("server", "connected to a sound server", "listener", "connect-unix", true, server); err != nil {
		return err
	}
	arecord, err := s.prop("arecord")
	if err != nil {
		return err
	}
	if err := s.runs("arecord", "a script had sound recorded", "record", true, arecord+" "+rolePrefix+"linger -f cd out.wav"); err != nil {
		return err
	}
	if err := need("curl"); err != nil {
		s.skip("sent", err.Error())
		return nil
	}
	return s.runs("sent", "a script had sound recorded and ran curl", "send", true,
		arecord+" "+rolePrefix+"linger -f cd out", "curl --version")
}

func nearMissAudio(s *stage) error {
	device, err := s.device(loudspeaker)
	if err != nil {
		return err
	}
	arecord, err := s.prop("arecord")
	if err != nil {
		return err
	}
	if err := s.typed("an administrator recorded sound", arecord+" "+rolePrefix+"linger -f cd out.wav"); err != nil {
		return err
	}
	if err := s.opens("player", "tried to open a sound card to play", "player", "open", true, device); err != nil {
		return err
	}
	ffmpeg, err := s.prop("ffmpeg")
	if err != nil {
		return err
	}
	return s.runs("converted", "a script converted a file and ran curl", "convert", true,
		ffmpeg+" "+rolePrefix+"linger -i in.wav out.mp3", "curl --version")
}
