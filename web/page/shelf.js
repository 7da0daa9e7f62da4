// The file under way and where the person was, kept in this browser: a closed tab or an empty battery does not ask for it twice.

const NAME = "meterai";
const SHELF = "files";

function opened() {
  return new Promise((resolve, reject) => {
    const asking = indexedDB.open(NAME, 1);
    asking.onupgradeneeded = () => asking.result.createObjectStore(SHELF);
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error);
  });
}

async function use(mode, act) {
  let shelves = null;
  try {
    shelves = await opened();
    return await new Promise((resolve, reject) => {
      const using = shelves.transaction(SHELF, mode, { durability: "strict" }); // on the disk once it is complete
      const asking = act(using.objectStore(SHELF));
      using.oncomplete = () => resolve(asking.result ?? null);
      using.onabort = () => reject(using.error);
    });
  } catch {
    return null; // where storage is refused (private windows) the file is chosen again
  } finally {
    shelves?.close();
  }
}

// The bytes are copied: a file on a phone may be gone, or another, when it is read again.
export async function put(file) {
  const bytes = await file.arrayBuffer();
  return use("readwrite", (shelf) => shelf.put({ name: file.name, type: file.type, bytes }, "document"));
}

export async function get() {
  const kept = await use("readonly", (shelf) => shelf.get("document"));
  return kept && new File([kept.bytes], kept.name, { type: kept.type });
}

export const drop = () => use("readwrite", (shelf) => shelf.delete("document"));

// Where the person was: see kept.js.
export const putState = (state) => use("readwrite", (shelf) => shelf.put(state, "state"));
export const getState = () => use("readonly", (shelf) => shelf.get("state"));
export const works = async () => (await use("readwrite", (shelf) => shelf.put(true, "works"))) !== null;
