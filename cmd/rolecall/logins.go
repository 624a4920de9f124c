package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// login is a server with a token for it. Users know it as a context.
type login struct {
	Name   string `json:"name"`
	URL    string `json:"url"`
	User   string `json:"user"`
	CAFile string `json:"ca_file,omitempty"`
	Token  string `json:"token"`
}

// logins are the logins that the user has stored. They are in one file, since the current one must be among them.
type logins struct {
	Current  string  `json:"current"` // the name of the current one; "" for none
	Contexts []login `json:"contexts"`
	path     string
}

// configFolder returns the folder of the user's settings, or "" if the environment names none. It is the usual one for
// command line programs on each system.
func configFolder(env map[string]string) string {
	switch {
	case env["XDG_CONFIG_HOME"] != "":
		return filepath.Join(env["XDG_CONFIG_HOME"], "rolecall")
	case runtime.GOOS == "windows" && env["AppData"] != "":
		return filepath.Join(env["AppData"], "rolecall")
	case env["HOME"] != "":
		return filepath.Join(env["HOME"], ".config", "rolecall")
	}
	return ""
}

// loadLogins reads the stored logins. A missing file means none. A file that cannot be read is an error and does not
// count as empty: the next login would replace it and lose every token.
func loadLogins(env map[string]string) (*logins, error) {
	l := &logins{}
	folder := configFolder(env)
	if folder == "" {
		return l, nil
	}
	l.path = filepath.Join(folder, "logins.json")
	text, err := os.ReadFile(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(text, l)
	}
	if err != nil {
		return nil, fmt.Errorf("the stored logins in %s cannot be read: %w", l.path, err)
	}
	return l, nil
}

// save replaces the file in one step. Only the user can read it. A token gives all rights of its account, so the mode is
// 0600 from the first byte: if it were set afterwards, others could open the file in between. The rename keeps a crash
// from leaving half a file.
func (l *logins) save() error {
	if l.path == "" {
		return errors.New("there is no folder to store a login in: set XDG_CONFIG_HOME or HOME")
	}
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	// Others need not even see that there is a login.
	if err := os.MkdirAll(filepath.Dir(l.path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(l.path), "logins-*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), l.path)
	}
	if err != nil {
		// Tokens must not be left in a file that no one knows of.
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// names returns the names of all logins.
func (l *logins) names() (names []string) {
	for _, c := range l.Contexts {
		names = append(names, c.Name)
	}
	return names
}

// find returns the login of that name.
func (l *logins) find(name string) (login, error) {
	i := slices.IndexFunc(l.Contexts, func(c login) bool { return c.Name == name })
	if i < 0 {
		return login{}, usageError(fmt.Sprintf("there is no context %q%s", name, didYouMean(name, l.names(), "")))
	}
	return l.Contexts[i], nil
}

// put adds a login, or replaces the one of that name, and makes it current: after logging in, people mean to use that
// server.
func (l *logins) put(c login) {
	l.drop(c.Name)
	l.Contexts, l.Current = append(l.Contexts, c), c.Name
}

// drop forgets the login of that name.
func (l *logins) drop(name string) {
	l.Contexts = slices.DeleteFunc(l.Contexts, func(c login) bool { return c.Name == name })
	// No other one becomes current: commands would ask a server that no one has named.
	if l.Current == name {
		l.Current = ""
	}
}
