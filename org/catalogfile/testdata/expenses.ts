// Made by rolecall catalog export. Do not edit.

export const catalog = {
  "product": "expenses",
  "label": "Expenses",
  "actions": [
    "read",
    "create",
    "update",
    "delete",
    "submit",
    "approve",
    "reject",
    "reimburse",
    "pay",
    "void",
    "issue",
    "block",
    "export",
    "assign",
    "unassign",
    "read_personal",
    "update_personal"
  ],
  "types": {
    "organization": {
      "label": "Company",
      "plural": "Companies",
      "parent": "organization",
      "owned": true,
      "actions": {
        "create": {
          "label": "Create",
          "phrase": "create companies",
          "description": "make an organization",
          "deprecated": false
        },
        "read": {
          "label": "Read",
          "phrase": "read companies",
          "description": "see an organization",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update companies",
          "description": "change an organization",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete companies",
          "description": "remove an organization",
          "deprecated": false
        }
      }
    },
    "organization_member": {
      "label": "Member",
      "plural": "Members",
      "parent": "organization",
      "owned": true,
      "actions": {
        "create": {
          "label": "Create",
          "phrase": "create members",
          "description": "add a member to an organization",
          "deprecated": false
        },
        "read": {
          "label": "Read",
          "phrase": "read members",
          "description": "see an organization's members",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update members",
          "description": "change a member record",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete members",
          "description": "remove a member from an organization",
          "deprecated": false
        }
      }
    },
    "expense_report": {
      "label": "Expense report",
      "plural": "Expense reports",
      "parent": "organization",
      "owned": true,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read expense reports",
          "description": "See a report with its lines and receipts",
          "deprecated": false
        },
        "create": {
          "label": "Create",
          "phrase": "create expense reports",
          "description": "Start a report",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update expense reports",
          "description": "Change a report that is not approved yet",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete expense reports",
          "description": "Throw a draft away",
          "deprecated": false
        },
        "submit": {
          "label": "Submit",
          "phrase": "submit expense reports",
          "description": "Hand a report in for approval",
          "deprecated": false
        },
        "approve": {
          "label": "Approve",
          "phrase": "approve expense reports",
          "description": "Accept a report",
          "risk": "The company owes the money from then on.",
          "deprecated": false
        },
        "reject": {
          "label": "Reject",
          "phrase": "reject expense reports",
          "description": "Send a report back",
          "deprecated": false
        },
        "reimburse": {
          "label": "Reimburse",
          "phrase": "reimburse expense reports",
          "description": "Pay a report out with the next run",
          "risk": "Money leaves the company.",
          "deprecated": false
        },
        "export": {
          "label": "Export",
          "phrase": "export expense reports",
          "description": "Download reports as a file",
          "deprecated": false
        }
      }
    },
    "receipt": {
      "label": "Receipt",
      "plural": "Receipts",
      "parent": "organization",
      "owned": true,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read receipts",
          "description": "See a photo or scan",
          "deprecated": false
        },
        "create": {
          "label": "Create",
          "phrase": "create receipts",
          "description": "Add a receipt",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete receipts",
          "description": "Remove a receipt that no report uses",
          "deprecated": false
        }
      }
    },
    "card": {
      "label": "Company card",
      "plural": "Company cards",
      "parent": "organization",
      "owned": true,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read company cards",
          "description": "See limits and transactions",
          "deprecated": false
        },
        "issue": {
          "label": "Issue",
          "phrase": "issue company cards",
          "description": "Order a card for somebody",
          "risk": "The card can be used at once.",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update company cards",
          "description": "Change its limits",
          "deprecated": false
        },
        "block": {
          "label": "Block",
          "phrase": "block company cards",
          "description": "Stop a card",
          "deprecated": false
        }
      }
    },
    "supplier": {
      "label": "Supplier",
      "plural": "Suppliers",
      "parent": "organization",
      "owned": false,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read suppliers",
          "description": "See a supplier",
          "deprecated": false
        },
        "create": {
          "label": "Create",
          "phrase": "create suppliers",
          "description": "Add a supplier",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update suppliers",
          "description": "Change address and bank account",
          "risk": "A changed bank account redirects payments.",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete suppliers",
          "description": "Remove a supplier without invoices",
          "deprecated": false
        }
      }
    },
    "invoice": {
      "label": "Invoice",
      "plural": "Invoices",
      "parent": "organization",
      "owned": false,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read invoices",
          "description": "See an invoice and its lines",
          "deprecated": false
        },
        "create": {
          "label": "Create",
          "phrase": "create invoices",
          "description": "Enter an invoice",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update invoices",
          "description": "Correct an invoice that is not approved",
          "deprecated": false
        },
        "approve": {
          "label": "Approve",
          "phrase": "approve invoices",
          "description": "Accept an invoice",
          "deprecated": false
        },
        "pay": {
          "label": "Pay",
          "phrase": "pay invoices",
          "description": "Release an invoice for payment",
          "risk": "Money leaves the company.",
          "deprecated": false
        },
        "void": {
          "label": "Void",
          "phrase": "void invoices",
          "description": "Cancel an approved invoice for good",
          "deprecated": false
        },
        "export": {
          "label": "Export",
          "phrase": "export invoices",
          "description": "Download invoices as a file",
          "deprecated": false
        }
      }
    },
    "payment_run": {
      "label": "Payment run",
      "plural": "Payment runs",
      "parent": "organization",
      "owned": false,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read payment runs",
          "description": "See what was paid and when",
          "deprecated": false
        },
        "create": {
          "label": "Create",
          "phrase": "create payment runs",
          "description": "Put a run together",
          "deprecated": false
        },
        "approve": {
          "label": "Approve",
          "phrase": "approve payment runs",
          "description": "Send a run to the bank",
          "risk": "Money leaves the company.",
          "deprecated": false
        }
      }
    },
    "budget": {
      "label": "Budget",
      "plural": "Budgets",
      "parent": "organization",
      "owned": false,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read budgets",
          "description": "See budgets and how much is used",
          "deprecated": false
        },
        "create": {
          "label": "Create",
          "phrase": "create budgets",
          "description": "Make a budget",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update budgets",
          "description": "Change amounts",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete budgets",
          "description": "Remove a budget",
          "deprecated": false
        }
      }
    },
    "policy": {
      "label": "Policy",
      "plural": "Policies",
      "parent": "organization",
      "owned": false,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read policies",
          "description": "See the rules",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "change policies",
          "description": "Change the rules",
          "deprecated": false
        },
        "create": {
          "label": "Create",
          "phrase": "create policies",
          "description": "Add a rule",
          "deprecated": true
        }
      }
    },
    "exchange_rate": {
      "label": "Exchange rate",
      "plural": "Exchange rates",
      "parent": "site",
      "owned": false,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read exchange rates",
          "description": "See the rates of the day",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update exchange rates",
          "description": "Correct a rate",
          "deprecated": false
        }
      }
    },
    "assign_org_role": {
      "label": "Organization roles",
      "plural": "Organization roles",
      "parent": "organization",
      "owned": true,
      "actions": {
        "create": {
          "label": "Create",
          "phrase": "create organization roles",
          "description": "define a custom role in an organization",
          "deprecated": false
        },
        "read": {
          "label": "Read",
          "phrase": "read organization roles",
          "description": "list the roles available in an organization",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update organization roles",
          "description": "change a custom role of an organization",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete organization roles",
          "description": "delete a custom role of an organization",
          "deprecated": false
        },
        "assign": {
          "label": "Assign",
          "phrase": "assign organization roles",
          "description": "give organization roles to members",
          "risk": "Holders can give organization roles to members, up to what they hold themselves.",
          "deprecated": false
        },
        "unassign": {
          "label": "Unassign",
          "phrase": "unassign organization roles",
          "description": "take organization roles away from members",
          "deprecated": false
        }
      }
    },
    "assign_role": {
      "label": "Site roles",
      "plural": "Site roles",
      "parent": "site",
      "owned": true,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read site roles",
          "description": "list the site-wide roles",
          "deprecated": false
        },
        "assign": {
          "label": "Assign",
          "phrase": "assign site roles",
          "description": "give site-wide roles to users",
          "risk": "Holders can give site-wide roles to users, up to what they hold themselves.",
          "deprecated": false
        },
        "unassign": {
          "label": "Unassign",
          "phrase": "unassign site roles",
          "description": "take site-wide roles away from users",
          "deprecated": false
        }
      }
    },
    "user": {
      "label": "User",
      "plural": "Users",
      "parent": "site",
      "owned": true,
      "actions": {
        "create": {
          "label": "Create",
          "phrase": "create users",
          "description": "make a user account",
          "deprecated": false
        },
        "read": {
          "label": "Read",
          "phrase": "read users",
          "description": "see a user account",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update users",
          "description": "change a user account (status and the like)",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete users",
          "description": "remove a user account",
          "deprecated": false
        },
        "read_personal": {
          "label": "Read personal",
          "phrase": "read personal users",
          "description": "see a user's private data (settings, auth links, role details)",
          "deprecated": false
        },
        "update_personal": {
          "label": "Update personal",
          "phrase": "update personal users",
          "description": "change a user's private data (profile, password, settings)",
          "deprecated": false
        }
      }
    },
    "api_key": {
      "label": "API key",
      "plural": "API keys",
      "parent": "site",
      "owned": true,
      "actions": {
        "create": {
          "label": "Create",
          "phrase": "create API keys",
          "description": "issue an API key",
          "risk": "A key acts as its owner for as long as it lives, also after this role is gone.",
          "deprecated": false
        },
        "read": {
          "label": "Read",
          "phrase": "read API keys",
          "description": "see API key metadata (never the secret)",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update API keys",
          "description": "change an API key, e.g. its expiry",
          "deprecated": false
        },
        "delete": {
          "label": "Delete",
          "phrase": "delete API keys",
          "description": "revoke an API key",
          "deprecated": false
        }
      }
    },
    "audit_log": {
      "label": "Audit log",
      "plural": "Audit logs",
      "parent": "organization",
      "owned": true,
      "actions": {
        "create": {
          "label": "Create",
          "phrase": "create audit logs",
          "description": "write audit entries",
          "deprecated": false
        },
        "read": {
          "label": "Read",
          "phrase": "read audit logs",
          "description": "see audit entries",
          "deprecated": false
        }
      }
    },
    "idpsync_settings": {
      "label": "IdP sync settings",
      "plural": "IdP sync settings",
      "parent": "organization",
      "owned": true,
      "actions": {
        "read": {
          "label": "Read",
          "phrase": "read IdP sync settings",
          "description": "see identity-provider sync settings",
          "deprecated": false
        },
        "update": {
          "label": "Update",
          "phrase": "update IdP sync settings",
          "description": "change identity-provider sync settings",
          "deprecated": false
        }
      }
    }
  },
  "roles": {
    "owner": {
      "label": "Operator",
      "scope": "site"
    },
    "member": {
      "label": "Everyone",
      "scope": "site"
    },
    "organization-admin": {
      "label": "Administrator",
      "scope": "organization"
    },
    "organization-member": {
      "label": "",
      "scope": "organization"
    },
    "organization-approver": {
      "label": "Approver",
      "scope": "organization"
    },
    "organization-accountant": {
      "label": "Accountant",
      "scope": "organization"
    },
    "organization-auditor": {
      "label": "Auditor",
      "scope": "organization"
    },
    "organization-payment-freeze": {
      "label": "Payment freeze",
      "scope": "organization"
    },
    "support": {
      "label": "Support",
      "scope": "site"
    }
  }
} as const;

export type ResourceType = keyof typeof catalog.types;
export type Action = (typeof catalog.actions)[number];
export type Role = keyof typeof catalog.roles;

export type Permission =
  | "organization:create"
  | "organization:read"
  | "organization:update"
  | "organization:delete"
  | "organization_member:create"
  | "organization_member:read"
  | "organization_member:update"
  | "organization_member:delete"
  | "expense_report:read"
  | "expense_report:create"
  | "expense_report:update"
  | "expense_report:delete"
  | "expense_report:submit"
  | "expense_report:approve"
  | "expense_report:reject"
  | "expense_report:reimburse"
  | "expense_report:export"
  | "receipt:read"
  | "receipt:create"
  | "receipt:delete"
  | "card:read"
  | "card:issue"
  | "card:update"
  | "card:block"
  | "supplier:read"
  | "supplier:create"
  | "supplier:update"
  | "supplier:delete"
  | "invoice:read"
  | "invoice:create"
  | "invoice:update"
  | "invoice:approve"
  | "invoice:pay"
  | "invoice:void"
  | "invoice:export"
  | "payment_run:read"
  | "payment_run:create"
  | "payment_run:approve"
  | "budget:read"
  | "budget:create"
  | "budget:update"
  | "budget:delete"
  | "policy:read"
  | "policy:update"
  | "policy:create"
  | "exchange_rate:read"
  | "exchange_rate:update"
  | "assign_org_role:create"
  | "assign_org_role:read"
  | "assign_org_role:update"
  | "assign_org_role:delete"
  | "assign_org_role:assign"
  | "assign_org_role:unassign"
  | "assign_role:read"
  | "assign_role:assign"
  | "assign_role:unassign"
  | "user:create"
  | "user:read"
  | "user:update"
  | "user:delete"
  | "user:read_personal"
  | "user:update_personal"
  | "api_key:create"
  | "api_key:read"
  | "api_key:update"
  | "api_key:delete"
  | "audit_log:create"
  | "audit_log:read"
  | "idpsync_settings:read"
  | "idpsync_settings:update";
