package views

import (
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Account is the page of the caller's own account.
type Account struct {
	org.UserView
	Sessions  []org.Session
	Ending    []org.Token // API tokens to warn about because they end soon
	Confirm   bool        // ask whether to sign out everywhere
	Passkeys  bool        // passkeys work here
	Providers bool        // the site has sign-in providers
	Err       *org.Error
	Failed    string // as in UserPage
	Username  string
	Name      string
	Now       time.Time
}

// Device names the browser and the system of a session by its user agent.
func Device(userAgent string) string {
	find := func(words ...string) string {
		for i := 0; i < len(words); i += 2 {
			if strings.Contains(userAgent, words[i]) {
				return words[i+1]
			}
		}
		return ""
	}
	browser := find("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := find("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	default:
		return ui.FirstOf(userAgent, "Unknown browser")
	}
}

// sessionOf describes whom a session belongs to.
func sessionOf(s org.Session) string {
	switch {
	case s.CLI:
		return "Coder CLI"
	case s.Program:
		return "A program, over the API"
	}
	return Device(s.UserAgent)
}

func (a Account) failed(form string) *org.Error {
	if a.Failed == form {
		return a.Err
	}
	return nil
}
