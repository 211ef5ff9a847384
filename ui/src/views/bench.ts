/** How a view finds the window's state, without handing it down through every component. */
import { createContext } from "svelte";
import type { Workbench } from "../state/workbench.svelte";

export const [bench, setBench] = createContext<Workbench>();
