// Uses the constants that "rolecall catalog export --format ts" makes: names that do not exist must not compile.
import { catalog, type Permission, type ResourceType, type Role } from "./gen/catalog";

const pay: Permission = "invoice:pay";
// @ts-expect-error: there is no such permission
const viod: Permission = "invoice:viod";
const types = Object.keys(catalog.types) as ResourceType[];
const freeze: Role = "organization-payment-freeze";

console.log(pay, viod, types.length, catalog.roles[freeze].label, catalog.types.invoice.actions.pay.phrase);
