package main

var an0569 = Behaviour{
	ID:    "AN0569",
	Title: "Take pictures with a camera",
	Explain: `nobody's program tries to open a camera, which is made for the time where there is none; a user types cat of it ` +
		`and runs what is called scp, which connects a socket of datagrams to an address for documentation; ` +
		`a script runs what is called ffmpeg with a camera and a file
near miss: an administrator types cat of the camera; a script lists it; what is called ffmpeg converts a file`,
	Simulate: on(simulateVideo),
	NearMiss: on(nearMissVideo),
}

func simulateVideo(s *stage) error {
	device, err := s.device(camera)
	if err != nil {
		return err
	}
	if err := s.opens("program", "tried to open a camera", "viewer", "open", true, device); err != nil {
		return err
	}
	scp, err := s.prop("scp")
	if err != nil {
		return err
	}
	if err := s.typedBy(nobody, "sent", "a user tried to open a camera and then ran what is called scp", "cat "+device,
		scp+" "+rolePrefix+"connect 192.0.2.1"); err != nil {
		return err
	}
	ffmpeg, err := s.prop("ffmpeg")
	if err != nil {
		return err
	}
	return s.runs("command", "a script had a camera recorded", "film", true, ffmpeg+" "+rolePrefix+"linger -f v4l2 -i "+device+" out.mp4")
}

func nearMissVideo(s *stage) error {
	device, err := s.device(camera)
	if err != nil {
		return err
	}
	if err := s.typed("an administrator looked at the camera's device", "cat "+device); err != nil {
		return err
	}
	ffmpeg, err := s.prop("ffmpeg")
	if err != nil {
		return err
	}
	return s.runs("converted", "a script converted a file and listed the camera", "convert", true,
		ffmpeg+" "+rolePrefix+"linger -i in.avi out.mp4", "ls -l "+device)
}
