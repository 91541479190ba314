package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

var an0431 = Behaviour{
	ID:    "AN0431",
	Title: "Discover the time, then wait for it or schedule",
	Explain: `nobody's script runs date, timedatectl and cat of /etc/timezone and /proc/uptime, then sleeps depending on the uptime; ` +
		`where crontab is there, another installs a crontab that never runs
near miss: date alone, five times; crontab -l alone`,
	Simulate: on(simulateTime),
	NearMiss: on(nearMissTime),
}

// ourJob never runs: the thirtieth of February does not come.
const ourJob = "0 0 30 2 * /bin/true # apiwatch simulate\n"

// withoutOurs removes from a crontab what a killed run left.
func withoutOurs(table string) string { return strings.ReplaceAll(table, ourJob, "") }

var timeDiscovery = []string{"date", "timedatectl status --no-pager", "cat /etc/timezone", "cat /proc/uptime"}

func simulateTime(s *stage) error {
	if err := need("date", "cat", "sleep"); err != nil {
		return err
	}
	wait := "read -r up rest </proc/uptime\nif [ \"${up%%.*}\" -ge 0 ]; then run sleep 0.3; fi\n"
	script, err := s.perform("sh", "wait.sh", commands("sh", timeDiscovery...)+wait, true)
	if err != nil {
		return err
	}
	s.did(script.act("sleep", "a script asked for the time and slept on a condition"))

	crontab := look("crontab")
	if crontab == "" {
		s.skip("crontab", "no crontab on this machine")
		return nil
	}
	listed, _ := asNobody(crontab, "", "-l") // it fails where there is none
	former := withoutOurs(listed)
	s.later(func() { restoreCrontab(crontab, former) })
	table, err := s.file("schedule", former+ourJob, 0o644)
	if err != nil {
		return err
	}
	script, err = s.perform("sh", "schedule.sh", commands("sh", timeDiscovery...)+"crontab "+table+" & echo \"pid $! crontab\"\nwait $!\n",
		true)
	if err != nil {
		s.skip("crontab", "installing a crontab: "+err.Error())
		return nil //nolint:nilerr // cron.allow may exclude nobody
	}
	s.did(script.act("crontab", "a script asked for the time and installed a crontab"))
	return nil
}

func nearMissTime(s *stage) error {
	if err := need("date"); err != nil {
		return err
	}
	script, err := s.perform("sh", "clock.sh", strings.Repeat("run date\n", 5), true)
	if err != nil {
		return err
	}
	s.did(script.act("date", "a script ran date five times"))
	if look("crontab") == "" {
		s.skip("crontab -l", "no crontab on this machine")
		return nil
	}
	if script, err = s.perform("sh", "schedule.sh", "run crontab -l\n", true); err != nil {
		return err
	}
	s.did(script.act("crontab -l", "a script listed its crontab"))
	return nil
}

// asNobody runs crontab for the user whose script installs one. It outlives an interruption, for the clearing up.
func asNobody(crontab, input string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, crontab, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + childPath}
	cmd.Stdin = strings.NewReader(input)
	if isRoot() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	return out.String(), err
}

// restoreCrontab gives the user's crontab its former lines, and removes it if there were none.
func restoreCrontab(crontab, former string) {
	err := error(nil)
	if former != "" {
		_, err = asNobody(crontab, former, "-")
	} else if _, none := asNobody(crontab, "", "-l"); none == nil {
		_, err = asNobody(crontab, "", "-r")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "simulate: restoring the crontab of uid %d: %v\n", nobody, err)
	}
}
