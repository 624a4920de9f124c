package main

import "net"

// notify sends a state to the supervisor that started the program, by the protocol of sd_notify(3). It does nothing if
// the supervisor asks for no notifications.
func notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	c, err := net.Dial("unixgram", socket) // in both, a leading @ stands for an abstract socket
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Write([]byte(state))
	return err
}
