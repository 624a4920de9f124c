package main

import (
	"context"

	"github.com/spf13/pflag"
)

// command is a command of the program.
//
// To add one, write a function that returns it into the file of its family, name the function in groups, and add a row
// to the table of TestEveryCommand. What it asks or changes goes through a client (asking), so that it works on a file and
// on a server; what it answers goes through terminal.print, so that every --output works; a flag that others have too
// comes from query. A word in backquotes in the help of a flag names its value, and completes it if completions has it.
type command struct {
	name     string // one word, or two, the first being a key of families
	summary  string
	about    string   // below the usage line of its help; an empty line separates paragraphs
	examples []string // complete command lines
	operand  string   // names of the operands, like FILE or USER ACTION; those in brackets are optional, … means several
	settings []string // the settings that it reads
	raw      bool     // it has no --output: it prints something else than an answer
	flags    func(*pflag.FlagSet)
	run      func(context.Context, *terminal, *config) error
}

// group is a part of the list of commands.
type group struct {
	title    string
	commands []*command
}

// groups returns the commands in the order of help. It is a function because help is one of them. One list feeds
// parsing, help, the manual and completion, so a command cannot be missing in one of them.
func groups() []group {
	return []group{
		{"Start here", []*command{demoCommand(), serveCommand()}},
		{"Accounts and tokens", []*command{
			usersCreateCommand(), usersListCommand(), usersShowCommand(), usersGiveCommand(), usersTakeCommand(), usersSetRolesCommand(), usersSuspendCommand(), usersActivateCommand(), usersOffboardCommand(),
			usersDeleteCommand(), usersResetPasswordCommand(), usersResetMFACommand(), tokensCreateCommand(), tokensListCommand(), tokensRevokeCommand(),
		}},
		{"Invitations", []*command{invitationsCreateCommand(), invitationsListCommand(), invitationsResendCommand(), invitationsRevokeCommand()}},
		{"Describe and test a product", []*command{catalogCheckCommand(), catalogExportCommand(), testCommand()}},
		{"Keep the data safe", []*command{backupCommand(), restoreCommand(), checkCommand(), recoverOwnerCommand(), copyCommand(), keysListCommand(), keysRotateCommand()}},
		{"Check access", []*command{
			canICommand(), whoCanCommand(), explainCommand(), permissionsCommand(), membersListCommand(), rolesListCommand(),
			rolesShowCommand(), rolesHistoryCommand(), rolesDeletedCommand(), rolesDiffCommand(), lintCommand(), auditListCommand(), auditVerifyCommand(), auditRootCommand(), auditExportCommand(), auditPruneCommand(),
		}},
		{"Change who may do what", []*command{
			organizationsListCommand(), organizationsShowCommand(), organizationsCreateCommand(), organizationsEditCommand(), organizationsDeleteCommand(),
			membersAddCommand(), membersRemoveCommand(), membersGiveCommand(), membersTakeCommand(), membersSetRolesCommand(), membersBulkCommand(),
			rolesCreateCommand(), rolesEditCommand(), rolesDeleteCommand(), rolesRestoreCommand(), rolesExportCommand(), rolesApplyCommand(), undoCommand(),
			syncTestCommand(),
		}},
		{"Manage the catalog", []*command{
			catalogShowCommand(), catalogDiffCommand(), catalogApplyCommand(), catalogRollbackCommand(), catalogVersionsCommand(),
		}},
		{"Use a server from elsewhere", []*command{
			loginCommand(), logoutCommand(), contextsListCommand(), contextsUseCommand(), contextsRemoveCommand(), apiCommand(),
		}},
		{"Other", []*command{configCommand(), healthcheckCommand(), versionCommand(), completionCommand(), manCommand(), helpCommand()}},
	}
}

// families describes the first words that several commands share.
var families = map[string]string{
	"audit":         "Read and verify the audit trail",
	"catalog":       "See, check and change the catalog: resource types, actions and built-in roles",
	"contexts":      "Choose among the servers that a token is stored for",
	"invitations":   "Invite people, and see and revoke invitations",
	"keys":          "See and rotate the keys that snapshots and rights are signed with",
	"members":       "See and change who is in an organization, and with which roles",
	"organizations": "See and change organizations",
	"roles":         "See and change the roles of an organization, or of the site",
	"sync":          "Try what sign-in providers give to people",
	"tokens":        "See and change API tokens",
	"users":         "See and change accounts",
}

// aliases are other first words for families. They are not shown in help, since one name is enough to learn.
var aliases = map[string][]string{"tokens": {"token"}, "users": {"user"}}
