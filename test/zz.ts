import { readBlocks, readCells, toCsv } from './orders/csv/reading.ts';
const r=[["a","x","0","1","0/0/2024 0:0","","1.50","","drinks","","",""],["NaN","x","0","1","","","1.50","","drinks","","",""],["a","","0","1","","","1.50","Tea, green","drinks","","",""]];
console.log(JSON.stringify(readCells(r).account));
console.log(JSON.stringify((await readBlocks([toCsv(r)])).account));
