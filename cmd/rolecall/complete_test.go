package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	a := newAskable(t)
	for args, says := range map[string]string{
		"__complete memb":                                                "members\tSee and change",
		"__complete members l":                                           "list\tList the members",
		"__complete members list --st":                                   "--status\tSTATUS,... of the account",
		"__complete members list --status=":                              "active\ndormant\nsuspended\n",
		"__complete members list --output=y":                             "yaml\n",
		"__complete serve --wire=":                                       "documented\nsdk\n",
		"__complete members list --db " + a.db + " --org=":               "default\n",
		"__complete roles show --db " + a.db + " --org default re":       "reader\n",
		"__complete roles show --db " + a.db + " aud":                    "auditor\n",
		"__complete explain --db " + a.db + " gr":                        "grace\n",
		"__complete explain --url " + a.url + " gr":                      "grace\n",
		"__complete explain --db " + a.db + " grace del":                 "delete\n",
		"__complete explain --db " + a.db + " grace use temp":            "template\n",
		"__complete can-i --db " + a.db + " --org default --as=su":       "sue\n",
		"__complete members list --db /nowhere/x.db --org=":              ":5\n",   // an error, and no message of ours
		"__complete users show --db " + a.db + " te":                     "tess\n", // who is a member of nothing
		"__complete roles create x --db " + a.db + " --allow=template:u": "template:use\n",
		"__complete completion ":                                         "bash\nzsh\nfish\npowershell\n",
		"__complete help roles ":                                         "show\tShow what",
		"__complete backup ":                                             ":0\n", // files
	} {
		words := strings.Split(args, " ")
		p := start(t, map[string]string{tokenVariable: a.token}, "", words...)
		if code := p.exit(t); code != 0 || !strings.Contains(p.out.String(), says) {
			t.Errorf("%s: exit code %d, want %q in\n%s%s", args, code, says, p.out.String(), p.log.String())
		}
	}
}

// The scripts are accepted by those shells that are installed.
func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for _, shell := range shells {
		code, out, log := call(t, "", "completion", shell)
		if code != 0 || !strings.Contains(out, "rolecall") {
			t.Errorf("%s: exit code %d, %s", shell, code, log)
		}
		if path, err := exec.LookPath(shell); err == nil && shell != "powershell" {
			check := exec.CommandContext(t.Context(), path, "-n")
			check.Stdin = strings.NewReader(out)
			if said, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s does not read its script: %v\n%s", shell, err, said)
			}
		}
	}
	if code, _, log := call(t, "", "completion", "bsh"); code != exitUsage || !strings.Contains(log, "did you mean bash?") {
		t.Errorf("exit code %d, %s", code, log)
	}
}

func TestMan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir() + "/man1"
	if code, _, log := call(t, "", "man", "--dir", dir); code != 0 {
		t.Fatalf("exit code %d, %s", code, log)
	}
	for _, name := range leaves(tree(&terminal{})) {
		if page := read(t, dir+"/rolecall-"+strings.ReplaceAll(name, " ", "-")+".1"); !strings.Contains(page, ".SH EXAMPLE") && name != "help" {
			t.Errorf("the page of %s has no examples:\n%.200s", name, page)
		}
	}
	code, out, _ := call(t, "", "man")
	if code != 0 || !strings.Contains(out, "Exit codes") || !strings.Contains(out, "\\fBmembers list\\fP: List the members") {
		t.Errorf("exit code %d, %s", code, out)
	}
}
