/** Stands for react-devtools-core in the bundle: nobody takes the board apart there. */
export default {};
