// What pages do beyond plain links and forms; each part looks for what it works on, and leaves other pages alone.
import { comeBack } from "./connection.mjs";
import { keepFleet } from "./fleet.mjs";
import { keepFragments } from "./fragments.mjs";
import { showViewersTimes } from "./times.mjs";

showViewersTimes(document);
keepFragments();
keepFleet();
comeBack();
