import { mount } from "svelte";
import App from "./App.svelte";
import "./fonts.css";
import "./app.css";
import { Client } from "./ipc";
import { tauri } from "./ipc/tauri";
import { Appearance } from "./state/theme.svelte";
import { Workbench } from "./state/workbench.svelte";

const bench = new Workbench(new Client(tauri), new Appearance(document.documentElement));
const target = document.getElementById("app");
if (target !== null) mount(App, { target, props: { bench } });
void bench.start();
